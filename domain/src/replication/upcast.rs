//! Bodies of old versions, lifted to the newest one step at a time, so that a server reads what any
//! till ever wrote and everything behind it knows one shape. A version is never taken away; a test
//! holds a golden file of each.

use std::borrow::Cow;

use serde_json::Value;

use super::body::BodyError;

/// Lifts a body of one kind from a version to the next.
#[derive(Debug, Clone, Copy)]
pub struct Step {
    pub kind: &'static str,
    /// The version that it reads.
    pub from: u32,
    pub lift: fn(Value) -> Value,
}

/// Every step that this build knows.
pub const STEPS: &[Step] = &[
    // More fields of a customer can be written; what was written stays as it is.
    Step {
        kind: "customer_put",
        from: 1,
        lift: |body| body,
    },
    // A sale can name the quote that it was sold by.
    Step {
        kind: "sale",
        from: 1,
        lift: |body| body,
    },
    // Both documents of an exchange name each other, and a credit note an invoice.
    Step {
        kind: "sale",
        from: 2,
        lift: |body| body,
    },
    Step {
        kind: "refund",
        from: 1,
        lift: |body| body,
    },
    // A line can name the unit that it is.
    Step {
        kind: "sale",
        from: 3,
        lift: |body| body,
    },
    Step {
        kind: "refund",
        from: 2,
        lift: |body| body,
    },
    // A payment can name the balance that it moves.
    Step {
        kind: "sale",
        from: 4,
        lift: |body| body,
    },
    Step {
        kind: "refund",
        from: 3,
        lift: |body| body,
    },
    Step {
        kind: "sale_park",
        from: 1,
        lift: |body| body,
    },
    Step {
        kind: "quote_make",
        from: 1,
        lift: |body| body,
    },
];

/// The bytes of a body in its kind's newest version.
pub fn upcast<'a>(
    steps: &[Step],
    kind: &str,
    version: u32,
    newest: u32,
    bytes: &'a [u8],
) -> Result<Cow<'a, [u8]>, BodyError> {
    if version == newest {
        return Ok(Cow::Borrowed(bytes));
    }
    let unknown = || BodyError::KindUnknown {
        kind: kind.to_owned(),
        version,
    };
    if version == 0 || version > newest {
        return Err(unknown());
    }
    let mut body: Value = serde_json::from_slice(bytes)?;
    for from in version..newest {
        let step = steps
            .iter()
            .find(|step| step.kind == kind && step.from == from);
        body = (step.ok_or_else(unknown)?.lift)(body);
    }
    Ok(Cow::Owned(serde_json::to_vec(&body)?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    /// A kind that was renamed in one field and got another.
    const HISTORY: &[Step] = &[
        Step {
            kind: "note",
            from: 1,
            lift: |mut body| {
                body["text"] = body["words"].take();
                body
            },
        },
        Step {
            kind: "note",
            from: 2,
            lift: |mut body| {
                body["pinned"] = json!(false);
                body
            },
        },
    ];

    fn lifted(version: u32, body: &Value) -> Result<Value, BodyError> {
        let bytes = serde_json::to_vec(body).unwrap();
        let newest = upcast(HISTORY, "note", version, 3, &bytes)?;
        Ok(serde_json::from_slice(&newest).unwrap())
    }

    #[test]
    fn an_old_body_goes_through_every_step_and_a_new_one_through_none() {
        let first = lifted(1, &json!({ "words": "a" })).unwrap();
        assert_eq!(
            (&first["text"], &first["pinned"]),
            (&json!("a"), &json!(false))
        );
        let second = lifted(2, &json!({ "text": "b" })).unwrap();
        assert_eq!(second, json!({ "text": "b", "pinned": false }));
        let third = json!({ "text": "c", "pinned": true });
        assert_eq!(lifted(3, &third).unwrap(), third);
    }

    #[test]
    fn a_version_of_the_future_a_missing_step_and_a_broken_body_are_refused() {
        for version in [0, 4] {
            let refused = lifted(version, &json!({})).unwrap_err();
            assert!(matches!(refused, BodyError::KindUnknown { .. }));
        }
        let refused = upcast(&HISTORY[1..], "note", 1, 3, b"{}").unwrap_err();
        assert!(matches!(refused, BodyError::KindUnknown { .. }));
        let refused = upcast(HISTORY, "note", 1, 3, b"{").unwrap_err();
        assert!(matches!(refused, BodyError::Undecodable(_)));
    }
}
