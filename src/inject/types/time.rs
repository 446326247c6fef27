//! Times in RFC 3339 as Kubernetes takes and prints them, refused in the words of Go's `time.Parse`.

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::Offset;

const LAYOUT: &str = "2006-01-02T15:04:05Z07:00";

/// A time as Kubernetes prints it: in UTC, to the second.
pub fn in_utc(text: &str) -> Result<String, String> {
    let mut reader = Reader { text, rest: text };
    let year = reader.number("2006", 4)?;
    reader.expect("-")?;
    let month = reader.number("01", 2)?;
    reader.within(1..=12, month, "month")?;
    reader.expect("-")?;
    let day = reader.number("02", 2)?;
    reader.expect("T")?;
    let hour = reader.hour()?;
    reader.within(0..=23, hour, "hour")?;
    reader.expect(":")?;
    let minute = reader.number("04", 2)?;
    reader.within(0..=59, minute, "minute")?;
    reader.expect(":")?;
    let second = reader.number("05", 2)?;
    reader.within(0..=59, second, "second")?;
    reader.skip_fraction();
    let offset = reader.offset()?;
    if !reader.rest.is_empty() {
        return Err(format!("parsing time {text:?}: extra text: {:?}", reader.rest));
    }
    let date = Date::new(year, month as i8, day as i8).map_err(|_| reader.out_of_range("day"))?;
    let time = Time::new(hour as i8, minute as i8, second as i8, 0).map_err(|_| reader.out_of_range("hour"))?;
    let stamp = Offset::from_seconds(offset)
        .and_then(|offset| offset.to_timestamp(DateTime::from_parts(date, time)))
        .map_err(|_| reader.out_of_range("time zone offset hour"))?;
    Ok(stamp.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())
}

struct Reader<'t> {
    text: &'t str,
    rest: &'t str,
}

impl Reader<'_> {
    fn cannot(&self, part: &str) -> String {
        format!("parsing time {:?} as {LAYOUT:?}: cannot parse {:?} as {part:?}", self.text, self.rest)
    }

    fn out_of_range(&self, what: &str) -> String {
        format!("parsing time {:?}: {what} out of range", self.text)
    }

    fn within(&self, range: std::ops::RangeInclusive<i16>, number: i16, what: &str) -> Result<(), String> {
        if range.contains(&number) { Ok(()) } else { Err(self.out_of_range(what)) }
    }

    fn expect(&mut self, part: &str) -> Result<(), String> {
        self.rest = self.rest.strip_prefix(part).ok_or_else(|| self.cannot(part))?;
        Ok(())
    }

    /// A number of so many digits; `part` is its place in the layout.
    fn number(&mut self, part: &str, digits: usize) -> Result<i16, String> {
        let number = self.rest.get(..digits).filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
        let number = number.and_then(|text| text.parse().ok()).ok_or_else(|| self.cannot(part))?;
        self.rest = self.rest.get(digits..).unwrap_or_default();
        Ok(number)
    }

    /// Go takes hours of a single digit too.
    fn hour(&mut self) -> Result<i16, String> {
        let digits = self.rest.bytes().take_while(u8::is_ascii_digit).count();
        self.number("15", digits.clamp(1, 2))
    }

    fn skip_fraction(&mut self) {
        if let Some(fraction) = self.rest.strip_prefix(['.', ','])
            && fraction.starts_with(|first: char| first.is_ascii_digit())
        {
            self.rest = fraction.trim_start_matches(|letter: char| letter.is_ascii_digit());
        }
    }

    /// Seconds east of UTC.
    fn offset(&mut self) -> Result<i32, String> {
        if let Some(rest) = self.rest.strip_prefix('Z') {
            self.rest = rest;
            return Ok(0);
        }
        let fault = self.cannot("Z07:00");
        let sign = match self.rest.chars().next() {
            Some('+') => 1,
            Some('-') => -1,
            _ => return Err(fault),
        };
        self.rest = self.rest.get(1..).unwrap_or_default();
        let mut two = || self.number("Z07:00", 2).map_err(|_| fault.clone());
        let hours = two()?;
        if !self.rest.starts_with(':') {
            return Err(fault);
        }
        self.rest = self.rest.get(1..).unwrap_or_default();
        let minutes = self.number("Z07:00", 2).map_err(|_| fault)?;
        self.within(0..=24, hours, "time zone offset hour")?;
        self.within(0..=60, minutes, "time zone offset minute")?;
        Ok(sign * (i32::from(hours) * 3600 + i32::from(minutes) * 60))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Both columns are what Go's library says.
    #[test]
    fn times_are_read_as_go_reads_them() {
        let read = [
            ("2024-01-02T3:04:05Z", "2024-01-02T03:04:05Z"),
            ("2024-01-02T03:04:05.123Z", "2024-01-02T03:04:05Z"),
            ("2024-01-02T03:04:05,5Z", "2024-01-02T03:04:05Z"),
            ("2024-01-02T03:04:05+02:00", "2024-01-02T01:04:05Z"),
        ];
        for (text, want) in read {
            assert_eq!(in_utc(text).as_deref(), Ok(want));
        }
        let misplaced = [
            ("", "\"\" as \"2006\""),
            ("x", "\"x\" as \"2006\""),
            ("2024", "\"\" as \"-\""),
            ("2024-01", "\"\" as \"-\""),
            ("2024-1-02T00:00:00Z", "\"1-02T00:00:00Z\" as \"01\""),
            ("2024-01-02", "\"\" as \"T\""),
            ("2024-01-02 03:04:05Z", "\" 03:04:05Z\" as \"T\""),
            ("2024-01-02T03:04:05", "\"\" as \"Z07:00\""),
            ("2024-01-02T03:04:05+02", "\"+02\" as \"Z07:00\""),
            ("2024-01-02T03:04:05+0200", "\"+0200\" as \"Z07:00\""),
            ("2024-01-02t03:04:05z", "\"t03:04:05z\" as \"T\""),
            ("20240102T030405Z", "\"0102T030405Z\" as \"-\""),
            ("24-01-02T00:00:00Z", "\"24-01-02T00:00:00Z\" as \"2006\""),
            ("2024-01-02T03:04:5Z", "\"5Z\" as \"05\""),
        ];
        for (text, words) in misplaced {
            let want = format!("parsing time {text:?} as {LAYOUT:?}: cannot parse {words}");
            assert_eq!(in_utc(text), Err(want));
        }
        let senseless = [
            ("2024-13-02T00:00:00Z", "month out of range"),
            ("2024-02-30T00:00:00Z", "day out of range"),
            ("2024-01-02T24:00:00Z", "hour out of range"),
            ("2024-01-02T03:60:00Z", "minute out of range"),
            ("2024-01-02T03:04:60Z", "second out of range"),
            ("2024-01-02T03:04:05Zx", "extra text: \"x\""),
            ("2024-01-02T03:04:05+25:00", "time zone offset hour out of range"),
            ("2024-00-02T00:00:00Z", "month out of range"),
            ("2024-01-00T00:00:00Z", "day out of range"),
        ];
        for (text, words) in senseless {
            assert_eq!(in_utc(text), Err(format!("parsing time {text:?}: {words}")));
        }
    }
}
