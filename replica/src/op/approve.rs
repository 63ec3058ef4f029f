//! Lets somebody with a permission allow one entry of a person without it: by PIN, counted and locked
//! as when signing in, remembered for that entry alone, and written into what it becomes.

use std::collections::BTreeMap;

use domain::{
    contract::ipc::{Approve, Approved},
    id::{DraftId, StaffId},
    money::Money,
    sale::details::ApprovedBy,
    staff::{Permission, may},
};

use super::pin;
use crate::{error::Error, till::Shared};

/// Entries that may stand allowed at a time; the oldest go first.
const GRANTS_MAX: usize = 64;

/// What was allowed and not recorded yet. Gone when the till is closed: then it is asked again.
#[derive(Debug, Default)]
pub(crate) struct Grants {
    by_draft: BTreeMap<DraftId, Vec<Grant>>,
}

#[derive(Debug, Clone, Copy)]
struct Grant {
    permission: Permission,
    staff_id: StaffId,
    given: Money,
}

impl Grants {
    fn add(&mut self, draft_id: DraftId, grant: Grant) {
        let of_draft = self.by_draft.entry(draft_id).or_default();
        of_draft.retain(|one| one.permission != grant.permission);
        of_draft.push(grant);
        while self.by_draft.len() > GRANTS_MAX {
            self.by_draft.pop_first();
        }
    }

    /// Who allowed this, if as much as is given away now was shown to them.
    pub(crate) fn find(
        &self,
        draft_id: DraftId,
        permission: Permission,
        given: Money,
    ) -> Option<ApprovedBy> {
        let grants = self.by_draft.get(&draft_id)?;
        let grant = grants.iter().find(|one| one.permission == permission)?;
        (grant.given >= given).then_some(ApprovedBy {
            permission,
            staff_id: grant.staff_id,
        })
    }

    /// The entry is recorded.
    pub(crate) fn spend(&mut self, draft_id: DraftId) {
        self.by_draft.remove(&draft_id);
    }
}

pub(crate) async fn approve(till: &Shared, command: Approve) -> Result<Approved, Error> {
    till.signed_in()?;
    let _gate = till.gate.lock().await;
    let person = pin::check(till, command.staff_id, command.pin).await?;
    if !may(person.role, command.permission) {
        return Err(Error::PermissionDenied(command.permission));
    }
    let grant = Grant {
        permission: command.permission,
        staff_id: person.staff_id,
        given: command.given_minor.unwrap_or_default(),
    };
    till.grants().add(command.draft_id, grant);
    Ok(Approved {
        staff_id: person.staff_id,
        name: person.name,
    })
}
