//! Everything that can be wrong with a message: each path of a valid one, with whatever can stand
//! there instead. A field that is new is found by itself, and nothing wrong with it is let pass
//! unless its message's rules say so.

use base64::{Engine, prelude::BASE64_STANDARD};
use serde_json::{Map, Value, json};

/// Longer than any text that a message holds.
const LONG: usize = 100_000;
/// More than a request may have.
const TOO_MANY_BYTES: usize = domain::limit::REQUEST_BYTES_MAX + 1;

/// What a change breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    /// The field is not there, or is null.
    Absent,
    /// It cannot be read as what it should be.
    Shape,
    /// It can be read and says something else.
    Value,
    /// Something is there that nobody knows.
    Unknown,
}

#[derive(Debug, Clone, PartialEq)]
enum Step {
    Field(String),
    Element(usize),
}

#[derive(Debug, Clone)]
enum Change {
    Remove,
    Put(Value),
    /// A list with more of its first element than a request may have bytes.
    Many,
}

/// One thing wrong with a message.
#[derive(Debug, Clone)]
pub(crate) struct Mutation {
    /// As in `ops[].hash`.
    pub(crate) path: String,
    pub(crate) what: &'static str,
    pub(crate) class: Class,
    steps: Vec<Step>,
    change: Change,
}

impl std::fmt::Display for Mutation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:?}: {} at {}", self.class, self.what, self.path)
    }
}

impl Mutation {
    /// The message with this wrong.
    pub(crate) fn of(&self, message: &Value) -> Value {
        let mut message = message.clone();
        let (last, way) = self.steps.split_last().unwrap();
        let parent = way.iter().fold(&mut message, |at, step| match step {
            Step::Field(name) => &mut at[name.as_str()],
            Step::Element(n) => &mut at[*n],
        });
        match &self.change {
            Change::Remove => match last {
                Step::Field(name) => drop(parent.as_object_mut().unwrap().remove(name)),
                Step::Element(n) => drop(parent.as_array_mut().unwrap().remove(*n)),
            },
            change => {
                let place = match last {
                    Step::Field(name) => &mut parent[name.as_str()],
                    Step::Element(n) => &mut parent[*n],
                };
                *place = match change {
                    Change::Put(value) => value.clone(),
                    _ => many(&place[0]),
                };
            }
        }
        message
    }
}

fn many(element: &Value) -> Value {
    let count = TOO_MANY_BYTES / (element.to_string().len() + 1) + 1;
    json!(vec![element; count])
}

/// Everything that can be wrong with a message, path by path.
pub(crate) fn mutations(message: &Value) -> Vec<Mutation> {
    let mut all = Vec::new();
    walk(message, &mut Vec::new(), &mut all);
    all
}

fn name(steps: &[Step]) -> String {
    let mut name = String::new();
    for step in steps {
        match step {
            Step::Field(field) if name.is_empty() => name.push_str(field),
            Step::Field(field) => name.push_str(&format!(".{field}")),
            Step::Element(_) => name.push_str("[]"),
        }
    }
    name
}

fn walk(at: &Value, steps: &mut Vec<Step>, all: &mut Vec<Mutation>) {
    if !steps.is_empty() {
        let mut add = |what, class, change| {
            all.push(Mutation {
                path: name(steps),
                what,
                class,
                steps: steps.clone(),
                change,
            });
        };
        let class = match steps.last() {
            Some(Step::Field(_)) => Class::Absent,
            _ => Class::Value,
        };
        add("left out", class, Change::Remove);
        for (what, class, value) in others(at) {
            add(what, class, Change::Put(value));
        }
        if at.as_array().is_some_and(|list| !list.is_empty()) {
            add("too many", Class::Shape, Change::Many);
        }
    }
    match at {
        Value::Object(fields) => {
            for (name, value) in fields {
                steps.push(Step::Field(name.clone()));
                walk(value, steps, all);
                steps.pop();
            }
            steps.push(Step::Field("unheard_of".to_owned()));
            all.push(Mutation {
                path: name(steps),
                what: "a field more",
                class: Class::Unknown,
                steps: steps.clone(),
                change: Change::Put(json!({ "of": ["a", "later", "version", 2] })),
            });
            steps.pop();
        }
        // All elements of an array are alike.
        Value::Array(elements) => {
            if let Some(first) = elements.first() {
                steps.push(Step::Element(0));
                walk(first, steps, all);
                steps.pop();
            }
        }
        _ => {}
    }
}

/// What can stand in a value's place.
fn others(value: &Value) -> Vec<(&'static str, Class, Value)> {
    let mut deep = json!(1);
    for _ in 0..200 {
        deep = json!([deep]);
    }
    let mut others = vec![("nothing", Class::Absent, Value::Null)];
    for (what, other) in [
        ("true", json!(true)),
        ("a number", json!(7)),
        ("a fraction", json!(1.5)),
        ("a number beyond all", json!(1e300)),
        ("a text", json!("text")),
        ("an empty list", json!([])),
        ("a list", json!([1, "a"])),
        ("an empty record", json!({})),
        ("a record", json!({ "a": 1 })),
        ("lists in lists", deep),
    ] {
        let is_fraction = other.is_f64() && value.is_number();
        if std::mem::discriminant(&other) != std::mem::discriminant(value) || is_fraction {
            // A record can be read from its values in a row, and none of them is one that says nothing.
            let says_nothing = value.is_object() && what == "an empty list";
            let class = if says_nothing {
                Class::Value
            } else {
                Class::Shape
            };
            others.push((what, class, other));
        }
    }
    match value {
        Value::Number(number) => {
            others.push((
                "a number as a text",
                Class::Shape,
                json!(number.to_string()),
            ));
            others.extend(numbers(number.as_i64().unwrap_or_default()));
        }
        Value::String(text) => others.extend(texts(text)),
        Value::Array(elements) => others.extend(lists(elements)),
        Value::Object(fields) => {
            let renamed: Map<_, _> = fields
                .iter()
                .map(|(name, value)| (format!("{name}_"), value.clone()))
                .collect();
            others.push(("other names", Class::Value, Value::Object(renamed)));
        }
        _ => {}
    }
    others
}

fn numbers(number: i64) -> Vec<(&'static str, Class, Value)> {
    [
        ("nought", json!(0)),
        ("one more", json!(number.wrapping_add(1))),
        ("one less", json!(number.wrapping_sub(1))),
        ("minus one", json!(-1)),
        ("the largest with a sign", json!(i64::MAX)),
        ("the smallest", json!(i64::MIN)),
        ("the largest", json!(u64::MAX)),
        ("32 bits", json!(u32::MAX)),
        ("31 bits and one", json!(1_u32 << 31)),
    ]
    .into_iter()
    .filter(|(_, other)| *other != json!(number))
    .map(|(what, other)| (what, Class::Value, other))
    .collect()
}

fn texts(text: &str) -> Vec<(&'static str, Class, Value)> {
    let mut others = vec![
        ("an empty text", Class::Value, json!("")),
        ("a long text", Class::Value, json!("x".repeat(LONG))),
        ("a nul inside", Class::Value, json!(format!("{text}\0"))),
        (
            "another script",
            Class::Value,
            json!("\u{202e}שלום 👩‍👩‍👧 \u{feff}"),
        ),
        (
            "a statement",
            Class::Value,
            json!("'; DROP TABLE operation; --"),
        ),
    ];
    if uuid::Uuid::parse_str(text).is_ok() {
        let other = uuid::Uuid::from_u128(u128::MAX);
        others.push(("another id", Class::Value, json!(other)));
        others.push(("the nil id", Class::Value, json!(uuid::Uuid::nil())));
        others.push(("half an id", Class::Shape, json!(text[..18])));
    } else if let Some(bytes) = BASE64_STANDARD.decode(text).ok().filter(|b| b.len() >= 16) {
        let encoded = |bytes: &[u8]| json!(BASE64_STANDARD.encode(bytes));
        for (what, place) in [
            ("another first byte", 0),
            ("another byte", bytes.len() / 2),
            ("another last byte", bytes.len() - 1),
        ] {
            let mut other = bytes.clone();
            other[place] ^= 1;
            others.push((what, Class::Value, encoded(&other)));
        }
        let short = &bytes[..bytes.len() - 1];
        let long = [bytes.as_slice(), &[0]].concat();
        others.push(("a byte less", Class::Value, encoded(short)));
        others.push(("a byte more", Class::Value, encoded(&long)));
        others.push(("nought bytes", Class::Value, encoded(&vec![0; bytes.len()])));
        others.push(("no base64", Class::Shape, json!(format!("!{}", &text[1..]))));
        others.push(("half a group", Class::Shape, json!(text[..text.len() - 1])));
    } else if let Ok(number) = text.parse() {
        let texts = numbers(number).into_iter();
        others.extend(texts.map(|(what, class, other)| (what, class, json!(other.to_string()))));
    } else {
        others.push(("twice", Class::Value, json!(format!("{text}{text}"))));
    }
    others
}

fn lists(elements: &[Value]) -> Vec<(&'static str, Class, Value)> {
    let mut others = vec![("empty", Class::Value, json!([]))];
    if !elements.is_empty() {
        let twice: Vec<_> = elements.iter().chain(elements).collect();
        let backwards: Vec<_> = elements.iter().rev().collect();
        others.push(("each twice", Class::Value, json!(twice)));
        if elements.len() > 1 {
            others.push(("backwards", Class::Value, json!(backwards)));
        }
    }
    others
}
