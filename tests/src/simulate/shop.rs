//! The server's side of a simulation: the product's own server over a database of its own, that
//! can be stopped, started, backed up, and set back to a backup.

use anyhow::Result;
use domain::{
    id::{OrganizationId, StaffId},
    money::Currency,
    replication::row::Store,
    staff::{Role, Staff},
    tax::TaxMode,
};
use sqlx::PgConnection;
use sync_server::{
    clock,
    database::Database,
    op::{
        create_organization::{NewOrganization, create_organization},
        create_staff::{NewStaff, create_staff},
        create_store::create_store,
        import_products::import_products,
        make_enrolment_code::make_enrolment_code,
    },
    state::{AppState, HttpConfig, ServerKey, Shared},
};

use super::{books::Books, network::Network};

/// Real rows of the demo catalogue would do as well; a few products make crossings likely.
const CATALOGUE: &str = "sku,name,price\n85123A,WHITE HANGING HEART T-LIGHT HOLDER,2.55\n\
    71053,WHITE METAL LANTERN,3.39\n84406B,CREAM CUPID HEARTS COAT HANGER,2.75\n\
    22752,SET 7 BABUSHKA NESTING BOXES,7.65\n21730,GLASS STAR FROSTED T-LIGHT HOLDER,4.25\n\
    22633,HAND WARMER UNION JACK,1.85\n";

/// The shop of one seed.
#[derive(Debug)]
pub(super) struct Shop<'b> {
    books: &'b mut Books,
    is_backed_up: bool,
    state: Shared,
    network: Network,
    pub(super) organization_id: OrganizationId,
    pub(super) stores: Vec<Store>,
    pub(super) staff: Staff,
}

/// A server's program, just started.
fn serve(connected: Database) -> Shared {
    let key = ServerKey::from_seed(&[7; 32]);
    AppState::new(connected, key, HttpConfig::default())
}

impl<'b> Shop<'b> {
    /// Two stores, one manager, a few products, nobody enrolled.
    pub(super) async fn found(books: &'b mut Books, network: &Network) -> Result<Shop<'b>> {
        books.empty().await?;
        let state = serve(books.connected());
        let new = NewOrganization {
            name: "Simulated shop".to_owned(),
            currency: Currency {
                code: "GBP".to_owned(),
                minor_digits: 2,
            },
            tax_mode: TaxMode::Inclusive,
            country: "GB".to_owned(),
            standard_rate: None,
        };
        let organization_id = create_organization(&state, new).await?.organization_id;
        let mut stores = Vec::new();
        for code in ["M1", "M2"] {
            let store = Store {
                store_id: clock::new_id()?,
                code: code.to_owned(),
                name: format!("Store {code}"),
                address: String::new(),
                time_zone: "Europe/London".to_owned(),
                cut_over_hour: 4,
            };
            create_store(&state, organization_id, &store).await?;
            stores.push(store);
        }
        let staff = Staff {
            staff_id: StaffId(clock::new_id()?),
            name: "Manager".to_owned(),
            role: Role::Manager,
            store_id: None,
            language: "en".to_owned(),
            active: true,
        };
        let person = NewStaff {
            staff: staff.clone(),
            pin: None,
            login: None,
        };
        create_staff(&state, organization_id, person).await?;
        import_products(&state, organization_id, CATALOGUE.as_bytes(), |_| ()).await?;
        let mut shop = Shop {
            books,
            is_backed_up: false,
            state,
            network: network.clone(),
            organization_id,
            stores,
            staff,
        };
        shop.restart();
        Ok(shop)
    }

    /// A code for a till's place.
    pub(super) async fn code(&self, store: usize, number: u32) -> Result<String> {
        let (id, store_id) = (self.organization_id, self.stores[store].store_id);
        Ok(make_enrolment_code(&self.state.pool, id, store_id, number)
            .await?
            .code)
    }

    /// The jobs that the server runs beside requests, once.
    pub(super) async fn run_jobs(&self) -> Result<()> {
        Ok(sync_server::job::run_once(&self.state).await?)
    }

    /// Other processes of the server, as many as the seed has instances: all that the old ones held
    /// in memory is gone.
    fn restart(&mut self) {
        let connected = self.books.connected();
        self.state = serve(connected.clone());
        let others = (1..self.network.instances()).map(|_| serve(connected.clone()));
        let instances = std::iter::once(self.state.clone()).chain(others);
        let servers = instances.map(sync_server::app).collect();
        self.network.set_servers(servers);
    }

    /// Kills the server and starts it again.
    pub(super) fn kill(&mut self) {
        self.network.count("server restart");
        self.restart();
    }

    /// Keeps a copy of the database.
    pub(super) async fn back_up(&mut self) -> Result<()> {
        self.books.back_up().await?;
        self.is_backed_up = true;
        self.network.count("backup");
        self.restart();
        Ok(())
    }

    /// Sets the server back to its backup, as `restore` does: another life of the database begins.
    pub(super) async fn restore(&mut self) -> Result<bool> {
        if !std::mem::take(&mut self.is_backed_up) {
            return Ok(false);
        }
        self.network.set_servers(Vec::new());
        self.books.restore().await?;
        self.network.count("server restored");
        self.restart();
        Ok(true)
    }

    /// The database as its owner sees it.
    pub(super) fn owner(&mut self) -> &mut PgConnection {
        self.books.owner()
    }

    /// Stops: nobody is served any more.
    pub(super) fn close(&self) {
        self.network.set_servers(Vec::new());
    }
}
