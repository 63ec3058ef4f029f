//! Ways in which a message can be wrong: a field that is missing, of another type, too long, twice
//! or not its own; bytes that are lost, changed or too many.

use bolero::TypeGenerator;
use serde_json::{Map, Value, json};

/// What is wrong with one message.
#[derive(Debug, Clone, TypeGenerator)]
pub(crate) struct Breakage {
    fields: Fields,
    bytes: Option<Bytes>,
}

#[derive(Debug, Clone, TypeGenerator)]
enum Fields {
    One(Field),
    Two(Field, Field),
    Three(Field, Field, Field),
}

/// A place counts a message's values from its outside.
#[derive(Debug, Clone, TypeGenerator)]
enum Field {
    Remove {
        place: u16,
    },
    Replace {
        place: u16,
        by: Other,
    },
    Swap {
        place: u16,
        other: u16,
    },
    Repeat {
        place: u16,
        times: u8,
    },
    Add {
        place: u16,
        by: Other,
    },
    /// A number nearby.
    Nudge {
        place: u16,
        by: i8,
    },
    /// Part of a text is another one.
    Splice {
        place: u16,
        at: u8,
        text: String,
    },
}

#[derive(Debug, Clone, TypeGenerator)]
enum Other {
    Null,
    Truth(bool),
    Number(i64),
    Huge,
    Fraction(f32),
    Text(String),
    LongText { thousands: u8 },
    Empty,
    Object,
    Deep { levels: u8 },
}

#[derive(Debug, Clone, TypeGenerator)]
enum Bytes {
    Cut { at: u16 },
    Change { at: u16, to: u8 },
    Insert { at: u16, bytes: Vec<u8> },
}

impl Breakage {
    /// The message with its fields broken.
    pub(crate) fn of_value(&self, good: &Value) -> Value {
        let mut broken = good.clone();
        match &self.fields {
            Fields::One(one) => one.apply(&mut broken),
            Fields::Two(one, two) => [one, two]
                .map(|field| field.apply(&mut broken))
                .into_iter()
                .collect(),
            Fields::Three(one, two, three) => {
                for field in [one, two, three] {
                    field.apply(&mut broken);
                }
            }
        }
        broken
    }

    /// The message as it is sent, with its bytes broken, too.
    pub(crate) fn of_json(&self, good: &Value) -> Vec<u8> {
        let bytes = serde_json::to_vec(&self.of_value(good)).unwrap();
        self.of_bytes(bytes)
    }

    /// Bytes, broken.
    pub(crate) fn of_bytes(&self, mut bytes: Vec<u8>) -> Vec<u8> {
        let within = |at: u16, length: usize| usize::from(at) % length.max(1);
        match &self.bytes {
            None => {}
            Some(Bytes::Cut { at }) => bytes.truncate(within(*at, bytes.len())),
            Some(Bytes::Change { at, to }) => {
                let at = within(*at, bytes.len());
                if let Some(byte) = bytes.get_mut(at) {
                    *byte = *to;
                }
            }
            Some(Bytes::Insert { at, bytes: more }) => {
                let at = within(*at, bytes.len());
                bytes.splice(at..at, more.iter().copied());
            }
        }
        bytes
    }

    /// A choice that goes with this input.
    pub(crate) fn chance(&self, of: usize) -> usize {
        let place = match &self.fields {
            Fields::One(field) | Fields::Two(field, _) | Fields::Three(field, _, _) => {
                field.place()
            }
        };
        usize::from(place >> 4) % of
    }
}

impl Field {
    const fn place(&self) -> u16 {
        match self {
            Self::Remove { place }
            | Self::Replace { place, .. }
            | Self::Swap { place, .. }
            | Self::Repeat { place, .. }
            | Self::Add { place, .. }
            | Self::Nudge { place, .. }
            | Self::Splice { place, .. } => *place,
        }
    }

    fn apply(&self, to: &mut Value) {
        let count = count(to);
        let nth = usize::from(self.place()) % count;
        match self {
            Self::Remove { .. } => remove(to, nth),
            Self::Replace { by, .. } => *at(to, nth) = by.value(),
            Self::Swap { other, .. } => {
                let one = at(to, nth).clone();
                let other = at(to, usize::from(*other) % count);
                *other = one;
            }
            Self::Repeat { times, .. } => {
                if let Value::Array(list) = at(to, nth)
                    && let Some(first) = list.first().cloned()
                {
                    list.extend(std::iter::repeat_n(first, usize::from(*times)));
                }
            }
            Self::Add { by, .. } => match at(to, nth) {
                Value::Object(fields) => drop(fields.insert("from_the_future".into(), by.value())),
                Value::Array(list) => list.push(by.value()),
                _ => {}
            },
            Self::Nudge { by, .. } => {
                if let Some(number) = at(to, nth).as_i64() {
                    *at(to, nth) = json!(number.wrapping_add(i64::from(*by)));
                }
            }
            Self::Splice {
                at: place, text, ..
            } => {
                if let Value::String(old) = at(to, nth) {
                    let mut chars: Vec<char> = old.chars().collect();
                    let place = usize::from(*place).min(chars.len());
                    chars.splice(place..place, text.chars());
                    *old = chars.into_iter().collect();
                }
            }
        }
    }
}

impl Other {
    fn value(&self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Truth(truth) => json!(truth),
            Self::Number(number) => json!(number),
            Self::Huge => json!(u64::MAX),
            Self::Fraction(number) => json!(number),
            Self::Text(text) => json!(text),
            Self::LongText { thousands } => json!("é".repeat(1_000 * usize::from(*thousands))),
            Self::Empty => json!([]),
            Self::Object => json!({}),
            Self::Deep { levels } => (0..*levels).fold(json!(1), |inner, _| json!([inner])),
        }
    }
}

/// How many values a value holds, itself included.
fn count(value: &Value) -> usize {
    1 + match value {
        Value::Array(list) => list.iter().map(count).sum(),
        Value::Object(fields) => fields.values().map(count).sum(),
        _ => 0,
    }
}

/// The nth of them, 0 being the value itself.
fn at(value: &mut Value, nth: usize) -> &mut Value {
    if nth == 0 {
        return value;
    }
    let mut left = nth - 1;
    let mut children: Vec<&mut Value> = match value {
        Value::Array(list) => list.iter_mut().collect(),
        Value::Object(fields) => fields.values_mut().collect(),
        _ => Vec::new(),
    };
    let place = children
        .iter()
        .position(|child| {
            let here = count(child);
            let is_here = left < here;
            if !is_here {
                left -= here;
            }
            is_here
        })
        .unwrap();
    at(children.swap_remove(place), left)
}

/// Takes a value out of what holds it.
fn remove(from: &mut Value, nth: usize) {
    let holder = (0..nth).rev().find(|holder| {
        let held = count(at(from, *holder));
        nth < holder + held
    });
    let Some(holder) = holder else { return };
    let mut left = nth - holder - 1;
    match at(from, holder) {
        Value::Array(list) => {
            if let Some(place) = child(list.iter(), &mut left) {
                list.remove(place);
            }
        }
        Value::Object(fields) => {
            let kept = std::mem::replace(fields, Map::new());
            let place = child(kept.values(), &mut left);
            let kept = kept.into_iter().enumerate();
            fields.extend(
                kept.filter(|(at, _)| Some(*at) != place)
                    .map(|(_, field)| field),
            );
        }
        _ => {}
    }
}

/// Which child begins where so many values are passed.
fn child<'v>(children: impl Iterator<Item = &'v Value>, left: &mut usize) -> Option<usize> {
    for (place, child) in children.enumerate() {
        if *left == 0 {
            return Some(place);
        }
        *left = left.checked_sub(count(child))?;
    }
    None
}

#[test]
fn every_value_of_a_message_can_be_reached_and_removed() {
    let good = json!({"a": [1, {"b": 2}], "c": "d"});
    assert_eq!(count(&good), 6);
    for nth in 1..6 {
        let mut broken = good.clone();
        let inside = count(at(&mut broken, nth));
        remove(&mut broken, nth);
        assert_eq!(count(&broken), 6 - inside, "{nth}: {broken}");
        let mut broken = good.clone();
        *at(&mut broken, nth) = json!("x");
        assert_ne!(broken, good);
    }
}
