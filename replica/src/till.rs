//! One till: its file, its clock, who stands at it, and the engine that keeps it in step with the
//! server. Commands run on tasks of their own, so that a caller that gives up never cuts a write
//! in half.

use std::{
    fs::{File, TryLockError},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock},
};

use domain::{
    contract::{
        failure::Failure,
        ipc::{Changed, EnrolHint, SignedIn},
    },
    id::DraftId,
    money::Money,
    sale::details::ApprovedBy,
    staff::{Permission, may},
};
use tokio::sync::{Mutex as AsyncMutex, broadcast};

use crate::{
    clock::Clock,
    command::{self, Run},
    db::Db,
    error::Error,
    folder,
    identity::Identity,
    op::approve::Grants,
    print::Printing,
    secret::{SecretStore, Secrets},
    store,
    sync::{
        Engine,
        transport::{Transport, Wire},
    },
    terminal::Terminals,
};

/// Announcements that a slow listener may fall behind by before it loses some.
const CHANGES_KEPT: usize = 256;
const LOCK: &str = "replica.lock";
const PAPERS: &str = "papers";

/// How to open a till.
#[derive(Debug, Clone)]
pub struct OpenOptions {
    pub data_dir: PathBuf,
    pub clock: Clock,
    /// Where a new enrolment keeps its secrets; an old one stays where it is.
    pub secrets: SecretStore,
    pub enrol_hint: Option<EnrolHint>,
    /// Where PDFs are saved; none is a folder of the till's own.
    pub papers: Option<PathBuf>,
}

/// An open till.
#[derive(Debug, Clone)]
pub struct Till {
    shared: Arc<Shared>,
}

/// What commands and the engine work with.
#[derive(Debug)]
pub struct Shared {
    pub(crate) folder: PathBuf,
    pub(crate) db: Db,
    pub(crate) clock: Clock,
    pub(crate) secret_store: SecretStore,
    pub(crate) enrol_hint: Option<EnrolHint>,
    pub(crate) engine: Engine,
    pub(crate) printing: Printing,
    pub(crate) papers: PathBuf,
    pub(crate) terminals: Terminals,
    /// One PIN or enrolment at a time, so that attempts are counted one by one.
    pub(crate) gate: AsyncMutex<()>,
    /// One fill at a time.
    pub(crate) filling: AsyncMutex<()>,
    identity: RwLock<Option<Arc<Identity>>>,
    session: Mutex<Option<SignedIn>>,
    grants: Mutex<Grants>,
    changes: broadcast::Sender<Changed>,
    /// Held until the till is closed.
    lock: File,
}

impl Till {
    /// Opens a till's folder, which no other process may have open, and starts its engine. Must
    /// be called within a tokio runtime.
    pub async fn open(options: OpenOptions) -> Result<Till, Failure> {
        Ok(Self::open_checked(options).await?)
    }

    async fn open_checked(options: OpenOptions) -> Result<Till, Error> {
        let till = Self::open_over(options, Arc::new(Wire::default())).await?;
        till.shared.engine.start(&till.shared);
        till.shared.printing.start(&till.shared);
        till.shared.terminals.start(&till.shared);
        Ok(till)
    }

    /// Opens a till whose engine only moves when told.
    #[cfg(feature = "simulation")]
    pub(crate) async fn open_still(
        options: OpenOptions,
        transport: Arc<dyn Transport>,
    ) -> Result<Till, Error> {
        let till = Self::open_over(options, transport).await?;
        till.shared.engine.wake();
        Ok(till)
    }

    async fn open_over(options: OpenOptions, transport: Arc<dyn Transport>) -> Result<Till, Error> {
        let folder = options.data_dir;
        let lock = lock_folder(&folder)?;
        let (path, create) = folder::in_use(&folder)?;
        let db = Db::open(&path, create).await?;
        if create {
            folder::point_to(&folder, &path)?;
        }
        forget_former(&db, &path).await?;
        let identity = {
            let mut connection = db.reader().await?;
            match store::enrolment::load(&mut connection).await? {
                None => None,
                Some(enrolment) => {
                    let name = enrolment.secret_name.clone();
                    let secrets = Secrets::load(enrolment.key_in_file, &folder, &name).await?;
                    let identity = Identity::load(&mut connection, enrolment, secrets).await?;
                    Some(Arc::new(identity))
                }
            }
        };
        let shared = Arc::new(Shared {
            db,
            clock: options.clock,
            secret_store: options.secrets,
            enrol_hint: options.enrol_hint,
            engine: Engine::new(transport),
            printing: Printing::new(),
            papers: options.papers.unwrap_or_else(|| folder.join(PAPERS)),
            terminals: Terminals::new(&folder),
            folder,
            gate: AsyncMutex::new(()),
            filling: AsyncMutex::new(()),
            identity: RwLock::new(identity),
            session: Mutex::new(None),
            grants: Mutex::default(),
            changes: broadcast::channel(CHANGES_KEPT).0,
            lock,
        });
        Ok(Till { shared })
    }

    /// Runs a command to its end, even if the caller stops waiting.
    pub async fn call<C: Run>(&self, command: C) -> Result<C::Reply, Failure> {
        let shared = Arc::clone(&self.shared);
        match tokio::spawn(async move { command.run(&shared).await }).await {
            Ok(reply) => reply.map_err(|error| {
                tracing::debug!(command = C::NAME, %error, "refused");
                Failure::from(error)
            }),
            Err(_) => Err(Error::Internal("the command was cut off").into()),
        }
    }

    /// Runs a command by its name, arguments and reply in JSON.
    pub async fn dispatch(
        &self,
        name: &str,
        arguments: serde_json::Value,
    ) -> Result<serde_json::Value, Failure> {
        command::dispatch(self, name, arguments).await
    }

    /// Announcements of what changed; whoever falls behind should ask for everything anew.
    #[must_use]
    pub fn changes(&self) -> broadcast::Receiver<Changed> {
        self.shared.changes.subscribe()
    }

    /// Cuts or restores every exchange with the server, as if the cable were pulled.
    pub fn set_network(&self, is_online: bool) {
        self.shared.engine.set_network(is_online);
    }

    #[cfg(any(test, feature = "simulation"))]
    pub(crate) fn shared(&self) -> &Shared {
        &self.shared
    }

    /// Stops the engine, lets writes finish and closes the file.
    pub async fn close(&self) -> Result<(), Failure> {
        self.shared.terminals.stop().await;
        self.shared.printing.stop().await;
        self.shared.engine.stop().await;
        self.shared.db.close().await?;
        self.shared.lock.unlock().map_err(Error::from)?;
        Ok(())
    }
}

impl Shared {
    /// The database file in use.
    #[cfg(feature = "simulation")]
    pub(crate) fn file(&self) -> PathBuf {
        self.db.path()
    }

    /// The enrolled till, or the failure that it is not.
    pub(crate) fn identity(&self) -> Result<Arc<Identity>, Error> {
        self.enrolled().ok_or(Error::NotEnrolled)
    }

    pub(crate) fn enrolled(&self) -> Option<Arc<Identity>> {
        self.identity
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    pub(crate) fn set_identity(&self, identity: Identity) {
        *self
            .identity
            .write()
            .unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(identity));
    }

    /// Reads the identity anew after the feed or an answer changed it.
    pub(crate) async fn reload_identity(&self) -> Result<(), Error> {
        let Some(before) = self.enrolled() else {
            return Ok(());
        };
        let mut connection = self.db.reader().await?;
        if let Some(enrolment) = store::enrolment::load(&mut connection).await? {
            let secrets = before.secrets.clone();
            self.set_identity(Identity::load(&mut connection, enrolment, secrets).await?);
        }
        Ok(())
    }

    pub(crate) fn session(&self) -> Option<SignedIn> {
        self.session
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    pub(crate) fn set_session(&self, session: Option<SignedIn>) {
        *self.session.lock().unwrap_or_else(PoisonError::into_inner) = session;
        self.announce(&[Changed::Session]);
    }

    /// The signed-in person, who must hold the permission.
    pub(crate) fn authorize(&self, permission: Permission) -> Result<SignedIn, Error> {
        let person = self.session().ok_or(Error::NotSignedIn)?;
        if may(person.role, permission) {
            Ok(person)
        } else {
            Err(Error::PermissionDenied(permission))
        }
    }

    /// What managers allowed and nobody recorded yet.
    pub(crate) fn grants(&self) -> MutexGuard<'_, Grants> {
        self.grants.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whether the person may do this for an entry: by their role, or because somebody allowed it
    /// up to what is given away. Who that was belongs into what is recorded.
    pub(crate) fn permit(
        &self,
        person: &SignedIn,
        permission: Permission,
        draft_id: DraftId,
        given: Money,
    ) -> Result<Option<ApprovedBy>, Error> {
        if may(person.role, permission) {
            return Ok(None);
        }
        let found = self.grants().find(draft_id, permission, given);
        found.map(Some).ok_or(Error::PermissionDenied(permission))
    }

    /// Somebody is signed in.
    pub(crate) fn signed_in(&self) -> Result<SignedIn, Error> {
        self.session().ok_or(Error::NotSignedIn)
    }

    /// Tells windows what to ask for again. Nobody listening is fine.
    pub(crate) fn announce(&self, changes: &[Changed]) {
        for change in changes {
            let _ = self.changes.send(*change);
        }
    }

    /// After own work was committed: show it, and send it at once.
    pub(crate) fn committed(&self, changes: &[Changed]) {
        self.announce(changes);
        self.announce(&[Changed::Sync]);
        self.engine.push_soon();
    }
}

/// A switch that was cut off behind its last step left the old file: it goes once the new one is
/// known to be sound.
async fn forget_former(db: &Db, path: &Path) -> Result<(), Error> {
    let former = folder::former(path)?;
    if former.is_empty() {
        return Ok(());
    }
    let mut connection = db.reader().await?;
    if store::is_sound(&mut connection).await? {
        for path in former {
            folder::remove(&path)?;
        }
    } else {
        tracing::error!("the file in use is damaged; the one before it is kept beside it");
    }
    Ok(())
}

fn lock_folder(folder: &Path) -> Result<File, Error> {
    let unusable = |_| Error::FolderUnusable {
        folder: folder.to_owned(),
    };
    make_folder(folder).map_err(unusable)?;
    let lock = File::options()
        .create(true)
        .write(true)
        .truncate(false)
        .open(folder.join(LOCK))
        .map_err(unusable)?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(Error::AlreadyRunning {
            folder: folder.to_owned(),
        }),
        Err(TryLockError::Error(error)) => Err(unusable(error)),
    }
}

/// A new folder is its user's alone: it will hold customers' names.
fn make_folder(folder: &Path) -> std::io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}
