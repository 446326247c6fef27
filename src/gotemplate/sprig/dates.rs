//! Dates and durations.

use std::any::Any;
use std::time::{SystemTime, UNIX_EPOCH};

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::layout::{self, Civil};
use crate::gotemplate::function::{Call, Function, Outcome, TIME, Type};
use crate::gotemplate::value::{IntKind, Object, Value};
use crate::gotemplate::{Fault, Sight, duration};

use Type::{Any as Anything, Text, Time};

pub(super) const TABLE: &[Function] = &[
    Function::new("now", &[], |_| Ok(Value::object(Moment::now()))).seeing(Sight::Fresh),
    Function::new("date", &[Text, Anything], |call| Ok(dated(call.text(0), call.value(1), Zone::Local)))
        .seeing(Sight::Fresh),
    Function::new("dateInZone", &[Text, Anything, Text], in_zone).seeing(Sight::Fresh),
    Function::new("date_in_zone", &[Text, Anything, Text], in_zone).seeing(Sight::Fresh),
    Function::new("htmlDate", &[Anything], |call| Ok(dated("2006-01-02", call.value(0), Zone::Local)))
        .seeing(Sight::Fresh),
    Function::new("htmlDateInZone", &[Anything, Text], |call| {
        Ok(dated("2006-01-02", call.value(0), Zone::named(call.text(1))))
    })
    .seeing(Sight::Fresh),
    Function::new("dateModify", &[Text, Time], |call| modify(call, false)),
    Function::new("date_modify", &[Text, Time], |call| modify(call, false)),
    Function::new("mustDateModify", &[Text, Time], |call| modify(call, true)),
    Function::new("must_date_modify", &[Text, Time], |call| modify(call, true)),
    Function::new("toDate", &[Text, Text], |call| Ok(Value::object(read(call).unwrap_or_else(|_| Moment::zero())))),
    Function::new("mustToDate", &[Text, Text], |call| read(call).map(Value::object)),
    Function::new("unixEpoch", &[Time], |call| Ok(moment(call.value(0)).seconds.to_string().into())),
    Function::new("ago", &[Anything], |call| {
        let passed = Moment::now().since(&moment(call.value(0)));
        Ok(whole_seconds((passed + 500_000_000).div_euclid(SECOND) * SECOND).into())
    })
    .seeing(Sight::Fresh),
    Function::new("duration", &[Anything], |call| {
        let seconds = match call.value(0) {
            Value::Str(text) => text.parse().unwrap_or(0),
            Value::Sized(seconds, IntKind::Int64) => *seconds,
            _ => 0,
        };
        Ok(whole_seconds(seconds.saturating_mul(SECOND)).into())
    }),
    Function::new("durationRound", &[Anything], |call| Ok(rounded(call.value(0)).into())).seeing(Sight::Fresh),
];

const SECOND: i64 = 1_000_000_000;
/// The layout of Go's `Time.String`.
const PRINTED: &str = "2006-01-02 15:04:05.999999999 -0700 MST";

/// Where a moment is looked at from.
#[derive(Clone)]
enum Zone {
    Local,
    Utc,
    Place(TimeZone),
    /// An offset that a text named.
    Fixed(i64, String),
}

impl Zone {
    /// `Local`, `UTC` or a place; an unknown place is UTC.
    fn named(name: &str) -> Zone {
        match name {
            "Local" => Zone::Local,
            "" | "UTC" => Zone::Utc,
            name => TimeZone::get(name).map_or(Zone::Utc, Zone::Place),
        }
    }

    /// Seconds east of UTC at a moment, and the abbreviation.
    fn offset(&self, seconds: i64) -> (i64, String) {
        let local;
        let zone = match self {
            Zone::Utc => return (0, "UTC".into()),
            Zone::Fixed(offset, name) => return (*offset, name.clone()),
            Zone::Local => {
                local = TimeZone::system();
                &local
            }
            Zone::Place(zone) => zone,
        };
        match Timestamp::from_second(seconds) {
            Ok(timestamp) => {
                let info = zone.to_offset_info(timestamp);
                (i64::from(info.offset().seconds()), info.abbreviation().to_owned())
            }
            Err(_) => (0, "UTC".into()),
        }
    }
}

/// Go's `time.Time`.
#[derive(Clone)]
struct Moment {
    seconds: i64,
    nanos: u32,
    zone: Zone,
}

impl Moment {
    fn now() -> Moment {
        let passed = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let seconds = i64::try_from(passed.as_secs()).unwrap_or(i64::MAX);
        Moment { seconds, nanos: passed.subsec_nanos(), zone: Zone::Local }
    }

    /// Go's zero time, the start of year 1.
    fn zero() -> Moment {
        Moment { seconds: -62_135_596_800, nanos: 0, zone: Zone::Utc }
    }

    fn civil(&self) -> Civil {
        let (offset, name) = self.zone.offset(self.seconds);
        Civil::at(self.seconds, self.nanos, offset, &name)
    }

    fn format(&self, layout: &str) -> String {
        layout::format(layout, &self.civil())
    }

    fn plus(&self, nanos: i64) -> Moment {
        let total = i128::from(self.seconds) * i128::from(SECOND) + i128::from(self.nanos) + i128::from(nanos);
        let seconds = i64::try_from(total.div_euclid(i128::from(SECOND))).unwrap_or(i64::MAX);
        Moment { seconds, nanos: total.rem_euclid(i128::from(SECOND)) as u32, zone: self.zone.clone() }
    }

    /// Nanoseconds from the other moment to this one.
    fn since(&self, other: &Moment) -> i64 {
        let nanos = |moment: &Moment| i128::from(moment.seconds) * i128::from(SECOND) + i128::from(moment.nanos);
        i64::try_from(nanos(self) - nanos(other)).unwrap_or(i64::MAX)
    }
}

impl Object for Moment {
    fn type_name(&self) -> &str {
        TIME
    }

    fn field(&self, name: &str) -> Option<Value> {
        let civil = self.civil();
        let int = |number: i64| Some(Value::Int(number));
        match name {
            "Year" => int(civil.year),
            "Month" => Some(layout::MONTHS[(civil.month as usize + 11) % 12].into()),
            "Day" => int(civil.day.into()),
            "Hour" => int(civil.hour.into()),
            "Minute" => int(civil.minute.into()),
            "Second" => int(civil.second.into()),
            "Nanosecond" => int(civil.nanos.into()),
            "Weekday" => Some(self.format("Monday").into()),
            "YearDay" => int(self.format("002").parse().unwrap_or(0)),
            "Unix" => Some(Value::Sized(self.seconds, IntKind::Int64)),
            "UnixNano" => Some(Value::Sized(
                self.seconds.saturating_mul(SECOND).saturating_add(self.nanos.into()),
                IntKind::Int64,
            )),
            "UTC" => Some(Value::object(Moment { zone: Zone::Utc, ..self.clone() })),
            "Local" => Some(Value::object(Moment { zone: Zone::Local, ..self.clone() })),
            "IsZero" => Some((self.seconds == Moment::zero().seconds && self.nanos == 0).into()),
            "String" => Some(self.print().into()),
            _ => None,
        }
    }

    fn call(&self, name: &str, args: &[Value]) -> Option<Result<Value, Fault>> {
        let other = args.first().and_then(downcast);
        Some(Ok(match (name, args) {
            ("Format", [Value::Str(layout)]) => self.format(layout).into(),
            ("AddDate", [years, months, days]) => {
                let civil = self.civil();
                let number = |value: &Value| value.as_int().unwrap_or(0);
                let months = civil.year * 12 + i64::from(civil.month) - 1 + number(years) * 12 + number(months);
                let first = Civil {
                    year: months.div_euclid(12),
                    month: months.rem_euclid(12) as u32 + 1,
                    day: 1,
                    ..civil.clone()
                };
                let days = i64::from(civil.day) - 1 + number(days);
                let seconds = first.seconds() + days.saturating_mul(86_400);
                Value::object(Moment { seconds, ..self.clone() })
            }
            ("After", _) => (self.since(other?) > 0).into(),
            ("Before", _) => (self.since(other?) < 0).into(),
            ("Equal", _) => (self.since(other?) == 0).into(),
            _ => return None,
        }))
    }

    fn print(&self) -> String {
        self.format(PRINTED)
    }

    fn to_json(&self) -> serde_json::Value {
        self.format("2006-01-02T15:04:05.999999999Z07:00").into()
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

fn downcast(value: &Value) -> Option<&Moment> {
    match value {
        Value::Object(object) => object.as_any().downcast_ref(),
        _ => None,
    }
}

/// A date, or seconds since 1970; anything else is now.
fn moment(value: &Value) -> Moment {
    match (downcast(value), value.as_int()) {
        (Some(moment), _) => moment.clone(),
        (_, Some(seconds)) => Moment { seconds, nanos: 0, zone: Zone::Local },
        _ => Moment::now(),
    }
}

fn dated(layout: &str, value: &Value, zone: Zone) -> Value {
    Moment { zone, ..moment(value) }.format(layout).into()
}

fn in_zone(call: &mut Call<'_, '_>) -> Outcome {
    Ok(dated(call.text(0), call.value(1), Zone::named(call.text(2))))
}

fn modify(call: &mut Call<'_, '_>, strict: bool) -> Outcome {
    let start = moment(call.value(1));
    match (duration::parse(call.text(0)), strict) {
        (Ok(nanos), _) => Ok(Value::object(start.plus(nanos))),
        (Err(_), false) => Ok(Value::object(start)),
        (Err(error), true) => Err(Fault::new(error.to_string())),
    }
}

fn read(call: &mut Call<'_, '_>) -> Result<Moment, Fault> {
    let (layout, text) = (call.text(0), call.text(1));
    let (mut civil, has_offset) = layout::parse(layout, text).ok_or_else(|| {
        let quoted = crate::gotemplate::quote::quoted;
        Fault::new(format!("parsing time {} as {}: cannot parse", quoted(text), quoted(layout)))
    })?;
    if has_offset {
        let zone = if civil.offset == 0 { Zone::Utc } else { Zone::Fixed(civil.offset, civil.zone.clone()) };
        return Ok(Moment { seconds: civil.seconds(), nanos: civil.nanos, zone });
    }
    // The text says nothing about the zone: it is the local one, at about that time.
    (civil.offset, _) = Zone::Local.offset(civil.seconds());
    Ok(Moment { seconds: civil.seconds(), nanos: civil.nanos, zone: Zone::Local })
}

/// A duration without its part of a second.
fn whole_seconds(nanos: i64) -> String {
    duration::text(nanos - nanos % SECOND)
}

/// The largest unit that fits, in whole numbers: `3d`, `2mo`.
fn rounded(value: &Value) -> String {
    let nanos = match value {
        Value::Str(text) => duration::parse(text).unwrap_or(0),
        other => match downcast(other) {
            Some(moment) => Moment::now().since(moment),
            None => other.as_int().unwrap_or(0),
        },
    };
    const DAY: i64 = 86_400 * SECOND;
    let units =
        [("y", 365 * DAY), ("mo", 30 * DAY), ("d", DAY), ("h", 3600 * SECOND), ("m", 60 * SECOND), ("s", SECOND)];
    let sign = if nanos < 0 { "-" } else { "" };
    let size = nanos.unsigned_abs();
    match units.iter().find(|(_, unit)| size > unit.unsigned_abs()) {
        Some((name, unit)) => format!("{sign}{}{name}", size / unit.unsigned_abs()),
        None => "0s".into(),
    }
}
