//! Follows one operation through a run, for whoever looks for the step that lost it.

use anyhow::Result;
use domain::id::OpId;

use super::Run;

/// What is followed, and where it was when that was last said.
#[derive(Debug, Clone, Default)]
pub struct Watch {
    pub op_id: Option<OpId>,
    said: String,
}

impl Watch {
    /// Follows an operation.
    #[must_use]
    pub fn of(op_id: OpId) -> Self {
        Self {
            op_id: Some(op_id),
            said: String::new(),
        }
    }
}

impl Run<'_> {
    /// Says where the operation is, if that is another place than before.
    pub(super) async fn look(&mut self, watch: &mut Watch, when: &str) -> Result<()> {
        let Some(op_id) = watch.op_id else {
            return Ok(());
        };
        let mut places = Vec::new();
        let row: Option<(String, String, i64, i32, i64)> = sqlx::query_as(
            "SELECT kind, device_id::text, epoch, branch, device_seq FROM operation
             WHERE op_id = $1",
        )
        .bind(op_id.0)
        .fetch_optional(self.shop.owner())
        .await?;
        places.extend(row.map(|row| format!("server {row:?}")));
        let held: Option<String> =
            sqlx::query_scalar("SELECT reason FROM held_operation WHERE op_id = $1")
                .bind(op_id.0)
                .fetch_optional(self.shop.owner())
                .await?;
        places.extend(held.map(|reason| format!("held ({reason})")));
        for till in &mut self.tills {
            let (name, witnessed) = (till.name.clone(), till.witnessed.contains(&op_id));
            let kept: Option<(i64, i64, i64, bool, bool)> = sqlx::query_as(
                "SELECT epoch, branch, device_seq, is_own,
                   EXISTS (SELECT 1 FROM outbox WHERE outbox.op_id = journal.op_id)
                 FROM journal WHERE op_id = ?1",
            )
            .bind(op_id.0)
            .fetch_optional(till.eye()?)
            .await?;
            if kept.is_some() || witnessed {
                let seen = if witnessed { ", seen there" } else { "" };
                places.push(format!("till {name} {kept:?}{seen}"));
            }
        }
        if self.departed.contains(&op_id) {
            places.push("seen at a till that is gone".to_owned());
        }
        let now = places.join("; ");
        if now != watch.said {
            println!("{when}: {now}");
            watch.said = now;
        }
        Ok(())
    }
}
