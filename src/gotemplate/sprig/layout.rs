//! Go's date layouts: a date is written and read by the example of `Mon Jan 2 15:04:05 MST 2006`.

/// A moment as a calendar and a clock of some zone show it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Civil {
    pub year: i64,
    /// 1 to 12.
    pub month: u32,
    pub day: u32,
    pub hour: u32,
    pub minute: u32,
    pub second: u32,
    pub nanos: u32,
    /// Seconds east of UTC.
    pub offset: i64,
    pub zone: String,
}

pub(super) const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const DAYS: [&str; 7] = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

/// Days from 1970-01-01 to a date.
fn days(year: i64, month: u32, day: u32) -> i64 {
    let shifted = if month <= 2 { year - 1 } else { year };
    let era = shifted.div_euclid(400);
    let year_of_era = shifted.rem_euclid(400);
    let month_of_year = i64::from((month + 9) % 12);
    let day_of_year = (153 * month_of_year + 2) / 5 + i64::from(day) - 1;
    era * 146_097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719_468
}

impl Civil {
    /// The moment `seconds` after 1970 began in UTC, seen `offset` seconds east of it.
    pub fn at(seconds: i64, nanos: u32, offset: i64, zone: &str) -> Civil {
        let local = seconds + offset;
        let (day_number, clock) = (local.div_euclid(86_400), local.rem_euclid(86_400));
        let shifted = day_number + 719_468;
        let era = shifted.div_euclid(146_097);
        let day_of_era = shifted.rem_euclid(146_097);
        let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month_index = (5 * day_of_year + 2) / 153;
        let month = ((month_index + 2) % 12 + 1) as u32;
        Civil {
            year: year_of_era + era * 400 + i64::from(month <= 2),
            month,
            day: (day_of_year - (153 * month_index + 2) / 5 + 1) as u32,
            hour: (clock / 3600) as u32,
            minute: (clock / 60 % 60) as u32,
            second: (clock % 60) as u32,
            nanos,
            offset,
            zone: zone.to_owned(),
        }
    }

    /// Seconds since 1970 began in UTC.
    pub fn seconds(&self) -> i64 {
        let clock = i64::from(self.hour) * 3600 + i64::from(self.minute) * 60 + i64::from(self.second);
        days(self.year, self.month, self.day) * 86_400 + clock - self.offset
    }

    fn weekday(&self) -> usize {
        (days(self.year, self.month, self.day) + 4).rem_euclid(7) as usize
    }

    fn day_of_year(&self) -> i64 {
        days(self.year, self.month, self.day) - days(self.year, 1, 1) + 1
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Element {
    LongYear,
    ShortYear,
    LongMonth,
    ShortMonth,
    Month {
        padded: bool,
    },
    LongWeekday,
    ShortWeekday,
    Day {
        padding: Option<char>,
    },
    DayOfYear {
        padding: char,
    },
    Hour24,
    Hour12 {
        padded: bool,
    },
    Minute {
        padded: bool,
    },
    Second {
        padded: bool,
    },
    Noon {
        upper: bool,
    },
    ZoneName,
    /// `Z` for UTC; a colon; minutes; seconds.
    Offset {
        z: bool,
        colon: bool,
        minutes: bool,
        seconds: bool,
    },
    /// A sign, digits, and whether trailing zeros are kept.
    Fraction {
        sign: char,
        digits: usize,
        all: bool,
    },
}

use Element::{
    Day, DayOfYear, Fraction, Hour12, Hour24, LongMonth, LongWeekday, LongYear, Minute, Month, Noon, Offset, Second,
    ShortMonth, ShortWeekday, ShortYear, ZoneName,
};

/// The words of a layout; of two that fit, the first in the list counts.
const WORDS: &[(&str, Element)] = &[
    ("January", LongMonth),
    ("Jan", ShortMonth),
    ("Monday", LongWeekday),
    ("Mon", ShortWeekday),
    ("MST", ZoneName),
    ("002", DayOfYear { padding: '0' }),
    ("01", Month { padded: true }),
    ("02", Day { padding: Some('0') }),
    ("03", Hour12 { padded: true }),
    ("04", Minute { padded: true }),
    ("05", Second { padded: true }),
    ("06", ShortYear),
    ("15", Hour24),
    ("1", Month { padded: false }),
    ("2006", LongYear),
    ("2", Day { padding: None }),
    ("__2", DayOfYear { padding: ' ' }),
    ("_2", Day { padding: Some(' ') }),
    ("3", Hour12 { padded: false }),
    ("4", Minute { padded: false }),
    ("5", Second { padded: false }),
    ("PM", Noon { upper: true }),
    ("pm", Noon { upper: false }),
    ("-07:00:00", Offset { z: false, colon: true, minutes: true, seconds: true }),
    ("-070000", Offset { z: false, colon: false, minutes: true, seconds: true }),
    ("-07:00", Offset { z: false, colon: true, minutes: true, seconds: false }),
    ("-0700", Offset { z: false, colon: false, minutes: true, seconds: false }),
    ("-07", Offset { z: false, colon: false, minutes: false, seconds: false }),
    ("Z07:00:00", Offset { z: true, colon: true, minutes: true, seconds: true }),
    ("Z070000", Offset { z: true, colon: false, minutes: true, seconds: true }),
    ("Z07:00", Offset { z: true, colon: true, minutes: true, seconds: false }),
    ("Z0700", Offset { z: true, colon: false, minutes: true, seconds: false }),
    ("Z07", Offset { z: true, colon: false, minutes: false, seconds: false }),
];

/// The element at the start of the layout and its length.
fn element(layout: &str) -> Option<(Element, usize)> {
    // `_2006` is an underscore and a year.
    if layout.starts_with("_2006") {
        return None;
    }
    if let Some((word, found)) = WORDS.iter().find(|(word, _)| layout.starts_with(word)) {
        // A month or weekday abbreviation does not end in the middle of a word.
        let short = matches!(found, ShortMonth | ShortWeekday);
        let goes_on = layout[word.len()..].starts_with(|c: char| c.is_ascii_lowercase());
        return if short && goes_on { None } else { Some((*found, word.len())) };
    }
    let sign = layout.chars().next().filter(|c| matches!(c, '.' | ','))?;
    let digit = layout[1..].chars().next().filter(|c| matches!(c, '0' | '9'))?;
    let digits = layout[1..].bytes().take_while(|b| char::from(*b) == digit).count();
    let ends = !layout[1 + digits..].starts_with(|c: char| c.is_ascii_digit());
    ends.then_some((Fraction { sign, digits, all: digit == '0' }, 1 + digits))
}

/// Writes the moment by the layout.
pub(super) fn format(layout: &str, civil: &Civil) -> String {
    let mut out = String::new();
    let mut rest = layout;
    while let Some(c) = rest.chars().next() {
        match element(rest) {
            Some((element, length)) => {
                out.push_str(&written(element, civil));
                rest = &rest[length..];
            }
            None => {
                out.push(c);
                rest = &rest[c.len_utf8()..];
            }
        }
    }
    out
}

fn written(element: Element, civil: &Civil) -> String {
    let hour12 = if civil.hour.is_multiple_of(12) { 12 } else { civil.hour % 12 };
    let month = MONTHS[(civil.month as usize + 11) % 12];
    match element {
        LongYear => format!("{:04}", civil.year),
        ShortYear => format!("{:02}", civil.year.rem_euclid(100)),
        LongMonth => month.into(),
        ShortMonth => month[..3].into(),
        LongWeekday => DAYS[civil.weekday()].into(),
        ShortWeekday => DAYS[civil.weekday()][..3].into(),
        Month { padded } => two(civil.month, padded),
        Day { padding: Some(' ') } => format!("{:>2}", civil.day),
        Day { padding } => two(civil.day, padding.is_some()),
        DayOfYear { padding: '0' } => format!("{:03}", civil.day_of_year()),
        DayOfYear { .. } => format!("{:>3}", civil.day_of_year()),
        Hour24 => two(civil.hour, true),
        Hour12 { padded } => two(hour12, padded),
        Minute { padded } => two(civil.minute, padded),
        Second { padded } => two(civil.second, padded),
        Noon { upper } => match (civil.hour >= 12, upper) {
            (true, true) => "PM".into(),
            (true, false) => "pm".into(),
            (false, true) => "AM".into(),
            (false, false) => "am".into(),
        },
        ZoneName if civil.zone.is_empty() => {
            written(Offset { z: false, colon: false, minutes: civil.offset % 3600 != 0, seconds: false }, civil)
        }
        ZoneName => civil.zone.clone(),
        Offset { z: true, .. } if civil.offset == 0 => "Z".into(),
        Offset { colon, minutes, seconds, .. } => {
            let size = civil.offset.abs();
            let between = if colon { ":" } else { "" };
            let mut text = format!("{}{:02}", if civil.offset < 0 { '-' } else { '+' }, size / 3600);
            if minutes {
                text.push_str(&format!("{between}{:02}", size / 60 % 60));
            }
            if seconds {
                text.push_str(&format!("{between}{:02}", size % 60));
            }
            text
        }
        Fraction { sign, digits, all } => {
            let nanos = format!("{:09}", civil.nanos);
            let mut text = nanos[..digits.min(9)].to_owned();
            if !all {
                text.truncate(text.trim_end_matches('0').len());
                if text.is_empty() {
                    return text;
                }
            }
            format!("{sign}{text}")
        }
    }
}

fn two(number: u32, padded: bool) -> String {
    if padded { format!("{number:02}") } else { number.to_string() }
}

/// Reads a moment by the layout. The second part tells whether the text named an offset.
pub(super) fn parse(layout: &str, text: &str) -> Option<(Civil, bool)> {
    let mut civil = Civil { year: 0, month: 1, day: 1, ..Civil::default() };
    let mut seen = Seen::default();
    let (mut layout, mut text) = (layout, text);
    while let Some(c) = layout.chars().next() {
        match element(layout) {
            Some((element, length)) => {
                layout = &layout[length..];
                text = read(element, text, &mut civil, &mut seen)?;
                // Fractions are accepted after seconds even where the layout has none.
                if matches!(element, Second { .. }) && !layout.starts_with(['.', ',']) {
                    text = fraction(text, &mut civil).unwrap_or(text);
                }
            }
            None => {
                layout = &layout[c.len_utf8()..];
                text = text.strip_prefix(c)?;
            }
        }
    }
    if !text.is_empty() || civil.hour > 23 || civil.minute > 59 || civil.second > 59 {
        return None;
    }
    match seen.afternoon {
        Some(true) if civil.hour < 12 => civil.hour += 12,
        Some(false) if civil.hour == 12 => civil.hour = 0,
        _ => {}
    }
    if let Some(day) = seen.day_of_year {
        let start = Civil { month: 1, day: 1, ..civil.clone() };
        let date = Civil::at(start.seconds() + start.offset + (day - 1) * 86_400, 0, 0, "");
        (civil.month, civil.day) = (date.month, date.day);
    }
    let valid = (1..=12).contains(&civil.month) && civil.day >= 1 && civil.day <= month_length(civil.year, civil.month);
    valid.then_some((civil, seen.offset))
}

#[derive(Default)]
struct Seen {
    afternoon: Option<bool>,
    day_of_year: Option<i64>,
    offset: bool,
}

fn month_length(year: i64, month: u32) -> u32 {
    let (next_year, next) = if month == 12 { (year + 1, 1) } else { (year, month + 1) };
    (days(next_year, next, 1) - days(year, month, 1)) as u32
}

fn read<'t>(element: Element, text: &'t str, civil: &mut Civil, seen: &mut Seen) -> Option<&'t str> {
    let mut rest = text;
    match element {
        LongYear => civil.year = number(&mut rest, 4, 4)?,
        ShortYear => {
            let year = number(&mut rest, 2, 2)?;
            civil.year = if year >= 69 { 1900 + year } else { 2000 + year };
        }
        LongMonth => civil.month = name(&mut rest, &MONTHS, false)? + 1,
        ShortMonth => civil.month = name(&mut rest, &MONTHS, true)? + 1,
        LongWeekday => drop(name(&mut rest, &DAYS, false)?),
        ShortWeekday => drop(name(&mut rest, &DAYS, true)?),
        Month { padded } => civil.month = number(&mut rest, 1 + usize::from(padded), 2)? as u32,
        Day { padding } => {
            rest = if padding == Some(' ') { rest.trim_start_matches(' ') } else { rest };
            civil.day = number(&mut rest, 1 + usize::from(padding == Some('0')), 2)? as u32;
        }
        DayOfYear { .. } => {
            rest = rest.trim_start_matches(' ');
            seen.day_of_year = Some(number(&mut rest, 1, 3)?);
        }
        Hour24 => civil.hour = number(&mut rest, 2, 2)? as u32,
        Hour12 { padded } => civil.hour = number(&mut rest, 1 + usize::from(padded), 2)? as u32,
        Minute { padded } => civil.minute = number(&mut rest, 1 + usize::from(padded), 2)? as u32,
        Second { padded } => civil.second = number(&mut rest, 1 + usize::from(padded), 2)? as u32,
        Noon { upper } => {
            let (morning, afternoon) = if upper { ("AM", "PM") } else { ("am", "pm") };
            seen.afternoon = Some(rest.starts_with(afternoon));
            rest = rest.strip_prefix(afternoon).or_else(|| rest.strip_prefix(morning))?;
        }
        ZoneName => {
            let end = rest.find(|c: char| !c.is_ascii_uppercase()).unwrap_or(rest.len());
            if !(3..=5).contains(&end) {
                return None;
            }
            civil.zone = rest[..end].to_owned();
            seen.offset = civil.zone == "UTC";
            rest = &rest[end..];
        }
        Offset { z: true, .. } if rest.starts_with('Z') => {
            rest = &rest[1..];
            seen.offset = true;
        }
        Offset { colon, minutes, seconds, .. } => {
            civil.offset = offset(&mut rest, colon, minutes, seconds)?;
            seen.offset = true;
        }
        Fraction { digits, all, .. } => match fraction(rest, civil) {
            Some(after) if !all || rest.len() - after.len() == digits + 1 => rest = after,
            None if !all => {}
            _ => return None,
        },
    }
    Some(rest)
}

/// Seconds east of UTC.
fn offset(rest: &mut &str, colon: bool, minutes: bool, seconds: bool) -> Option<i64> {
    let sign = if rest.starts_with('-') { -1 } else { 1 };
    *rest = rest.strip_prefix(['+', '-'])?;
    let mut offset = number(rest, 2, 2)? * 3600;
    for (wanted, unit) in [(minutes, 60), (seconds, 1)] {
        if wanted {
            *rest = if colon { rest.strip_prefix(':')? } else { *rest };
            offset += number(rest, 2, 2)? * unit;
        }
    }
    Some(sign * offset)
}

fn fraction<'t>(text: &'t str, civil: &mut Civil) -> Option<&'t str> {
    let digits = text.strip_prefix(['.', ','])?;
    let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
    if end == 0 {
        return None;
    }
    civil.nanos = format!("{:0<9}", &digits[..end.min(9)]).parse().ok()?;
    Some(&digits[end..])
}

fn number(text: &mut &str, least: usize, most: usize) -> Option<i64> {
    let digits = text.bytes().take(most).take_while(u8::is_ascii_digit).count();
    if digits < least {
        return None;
    }
    let (number, rest) = text.split_at(digits);
    *text = rest;
    number.parse().ok()
}

fn name(text: &mut &str, names: &[&str], short: bool) -> Option<u32> {
    for (at, name) in names.iter().enumerate() {
        let name = if short { &name[..3] } else { name };
        if text.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name)) {
            *text = &text[name.len()..];
            return Some(at as u32);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_written_and_read_by_example() {
        let civil = Civil::at(1_136_239_445, 123_000_000, -7 * 3600, "MST");
        for (layout, expected) in [
            ("Mon Jan 2 15:04:05 MST 2006", "Mon Jan 2 15:04:05 MST 2006"),
            ("2006-01-02T15:04:05Z07:00", "2006-01-02T15:04:05-07:00"),
            ("Monday, 02-Jan-06 03:04PM", "Monday, 02-Jan-06 03:04PM"),
            ("_2/1 .000 002", " 2/1 .123 002"),
            ("2006-01-02 15:04:05.999999999 -0700 MST", "2006-01-02 15:04:05.123 -0700 MST"),
        ] {
            assert_eq!(format(layout, &civil), expected, "{layout}");
        }
        let (read, offset) = parse("2006-01-02T15:04:05Z07:00", "2020-02-29T23:59:58.5+01:30").expect("a date");
        assert!(offset);
        assert_eq!((read.seconds(), read.nanos), (1_583_015_398, 500_000_000));
        assert_eq!(parse("2006-01-02", "2021-02-29"), None);
        assert_eq!(Civil::at(-1, 0, 0, "UTC").year, 1969);
    }
}
