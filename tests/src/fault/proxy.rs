//! A TCP proxy in front of the server that breaks connections in every way a network knows, chosen
//! by a seed, while it is told to. With several servers behind it, connections go round.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use anyhow::{Context, Result};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    runtime::Runtime,
};

use super::chance::Chance;

/// What becomes of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    Pass,
    /// The request breaks off.
    CutRequest,
    /// The answer breaks off.
    CutAnswer,
    /// Everything takes its time.
    Delay,
    /// The answer is not one.
    Garbage,
    /// The request arrives whole and is carried out; nobody hears of it.
    LoseAnswer,
    /// Requests go through, answers do not, until the connection is given up.
    OneWay,
}

impl Fate {
    pub const ALL: [Fate; 7] = [
        Fate::Pass,
        Fate::CutRequest,
        Fate::CutAnswer,
        Fate::Delay,
        Fate::Garbage,
        Fate::LoseAnswer,
        Fate::OneWay,
    ];

    fn place(self) -> usize {
        Self::ALL
            .iter()
            .position(|fate| *fate == self)
            .unwrap_or_default()
    }
}

#[derive(Debug)]
struct Control {
    seed: u64,
    upstreams: Vec<SocketAddr>,
    is_calm: AtomicBool,
    connections: AtomicU64,
    happened: [AtomicU64; Fate::ALL.len()],
}

/// A running proxy; it goes when it is dropped.
#[derive(Debug)]
pub struct Proxy {
    pub address: String,
    control: Arc<Control>,
    runtime: Option<Runtime>,
}

impl Proxy {
    /// Starts in front of servers, each getting a connection in turn. Nothing is broken yet.
    pub fn start(servers: &[&str], seed: u64) -> Result<Self> {
        let upstreams = servers
            .iter()
            .map(|address| {
                let place = address.trim_start_matches("http://");
                place
                    .parse()
                    .with_context(|| format!("{address} is no address"))
            })
            .collect::<Result<_>>()?;
        let control = Arc::new(Control {
            seed,
            upstreams,
            is_calm: AtomicBool::new(true),
            connections: AtomicU64::new(0),
            happened: Default::default(),
        });
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()?;
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0"))?;
        let address = format!("http://{}", listener.local_addr()?);
        runtime.spawn(accept(listener, Arc::clone(&control)));
        Ok(Self {
            address,
            control,
            runtime: Some(runtime),
        })
    }

    /// From now on connections are broken, those that are open among them.
    pub fn rough(&self) {
        self.control.is_calm.store(false, Ordering::SeqCst);
    }

    /// From now on nothing more is broken.
    pub fn calm(&self) {
        self.control.is_calm.store(true, Ordering::SeqCst);
    }

    /// How often something happened.
    #[must_use]
    pub fn happened(&self, fate: Fate) -> u64 {
        self.control.happened[fate.place()].load(Ordering::SeqCst)
    }

    /// The least that any fault happened.
    #[must_use]
    pub fn happened_least(&self) -> u64 {
        let faults = Fate::ALL.into_iter().filter(|fate| *fate != Fate::Pass);
        faults
            .map(|fate| self.happened(fate))
            .min()
            .unwrap_or_default()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

async fn accept(listener: TcpListener, control: Arc<Control>) {
    while let Ok((client, _)) = listener.accept().await {
        let n = control.connections.fetch_add(1, Ordering::SeqCst);
        let servers = control.upstreams.len() as u64;
        let place = usize::try_from(n % servers.max(1)).unwrap_or_default();
        let Some(upstream) = control.upstreams.get(place).copied() else {
            return;
        };
        let control = Arc::clone(&control);
        tokio::spawn(async move {
            let Ok(server) = TcpStream::connect(upstream).await else {
                return;
            };
            let mut chance = Chance::new(control.seed, n);
            let fate = chance.one_of(&Fate::ALL).copied().unwrap_or(Fate::Pass);
            let mut pipe = Pipe {
                control,
                fate,
                at: chance.below(4_000),
                chance,
                passed: [0; 2],
                is_struck: false,
            };
            // However a connection ends, both sides hear of it by its end.
            let _ = pipe.run(client, server).await;
        });
    }
}

/// So many bytes of requests after its moment a connection ends, whatever its fate, so that the next
/// one has another.
const LIFE_BYTES: u64 = 4_000;

/// One connection, its fate, and after how many bytes it is met.
struct Pipe {
    control: Arc<Control>,
    fate: Fate,
    at: u64,
    chance: Chance,
    /// Bytes of requests and of answers.
    passed: [u64; 2],
    is_struck: bool,
}

const REQUEST: usize = 0;
const ANSWER: usize = 1;

impl Pipe {
    async fn run(&mut self, mut client: TcpStream, mut server: TcpStream) -> std::io::Result<()> {
        let (mut asked, mut told) = (vec![0; 16_384], vec![0; 16_384]);
        loop {
            let goes_on = tokio::select! {
                read = client.read(&mut asked) => {
                    let read = read?;
                    if read == 0 {
                        return server.shutdown().await;
                    }
                    self.request(&asked[..read], &mut server).await?
                }
                read = server.read(&mut told) => {
                    let read = read?;
                    if read == 0 {
                        return client.shutdown().await;
                    }
                    self.answer(&told[..read], &mut client).await?
                }
            };
            if !goes_on {
                return Ok(());
            }
        }
    }

    /// Whether the connection's moment has come with so many bytes more.
    fn strikes(&mut self, fate: Fate, side: usize, bytes: usize) -> bool {
        if self.fate != fate || self.control.is_calm.load(Ordering::SeqCst) {
            return false;
        }
        if self.passed[side] + bytes as u64 <= self.at {
            return false;
        }
        if !self.is_struck {
            self.is_struck = true;
            self.control.happened[fate.place()].fetch_add(1, Ordering::SeqCst);
        }
        true
    }

    async fn request(&mut self, bytes: &[u8], server: &mut TcpStream) -> std::io::Result<bool> {
        if self.strikes(Fate::CutRequest, REQUEST, bytes.len()) {
            let part = usize::try_from(self.chance.below(bytes.len() as u64)).unwrap_or_default();
            server.write_all(&bytes[..part]).await?;
            return Ok(false);
        }
        if self.strikes(Fate::Delay, REQUEST, bytes.len()) {
            let pause = Duration::from_millis(self.chance.below(120));
            tokio::time::sleep(pause).await;
        }
        // From here on answers are lost; the request itself arrives whole.
        self.strikes(Fate::LoseAnswer, REQUEST, bytes.len());
        self.strikes(Fate::OneWay, REQUEST, bytes.len());
        server.write_all(bytes).await?;
        self.passed[REQUEST] += bytes.len() as u64;
        let is_calm = self.control.is_calm.load(Ordering::SeqCst);
        Ok(is_calm || self.passed[REQUEST] <= self.at + LIFE_BYTES)
    }

    async fn answer(&mut self, bytes: &[u8], client: &mut TcpStream) -> std::io::Result<bool> {
        if self.is_struck && self.fate == Fate::LoseAnswer {
            return Ok(false);
        }
        if self.is_struck && self.fate == Fate::OneWay {
            // The client waits; it is not to wait for longer than a test may take.
            tokio::time::sleep(Duration::from_millis(400)).await;
            return Ok(false);
        }
        if self.strikes(Fate::CutAnswer, ANSWER, bytes.len()) {
            let part = usize::try_from(self.chance.below(bytes.len() as u64)).unwrap_or_default();
            client.write_all(&bytes[..part]).await?;
            return Ok(false);
        }
        if self.strikes(Fate::Garbage, ANSWER, bytes.len()) {
            let garbage: Vec<u8> = (0..200)
                .map(|_| self.chance.number().to_le_bytes()[0])
                .collect();
            client.write_all(&garbage).await?;
            return Ok(false);
        }
        client.write_all(bytes).await?;
        self.passed[ANSWER] += bytes.len() as u64;
        Ok(true)
    }
}
