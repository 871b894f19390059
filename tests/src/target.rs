//! The gateways under test: one core, run in four ways.

pub mod process;
mod wasi;
pub mod worker;

use std::fmt;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use tokio::process::Child;

pub use self::wasi::Keyvalue;

/// The ways to run the core.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Engine {
    /// `edgeway serve`: the core as a Wasm component under wasmtime.
    Component,
    /// `edgeway serve --engine native`: the core linked into the host.
    Native,
    /// The core in a Worker under workerd.
    Worker,
    /// The core in a component for hosts of `wasi:http`, under wasmtime's own `serve`.
    Wasi,
}

impl Engine {
    /// All of them.
    pub const ALL: [Engine; 4] = [Engine::Component, Engine::Native, Engine::Worker, Engine::Wasi];
}

impl fmt::Display for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Engine::Component => "component",
            Engine::Native => "native",
            Engine::Worker => "worker",
            Engine::Wasi => "wasi",
        })
    }
}

/// What starts gateways of one engine.
#[derive(Debug)]
pub struct Target {
    /// The engine.
    pub engine: Engine,
    /// How Workers are run.
    pub settings: worker::Settings,
    edgeway: PathBuf,
    worker: Option<worker::Driver>,
    wasmtime: Option<wasi::Wasmtime>,
}

/// Why there is no gateway.
#[derive(Debug)]
pub enum Failure {
    /// The configuration or definition was refused, with these words.
    Refused(String),
    /// Anything else.
    Broken(String),
}

/// A running gateway; it ends when dropped.
#[derive(Debug)]
pub struct Gateway {
    /// Where it answers.
    pub address: SocketAddr,
    /// Where the other isolate does, if there is one.
    pub beside: Option<SocketAddr>,
    log: PathBuf,
    process: Option<Child>,
}

impl Target {
    /// Looks for what the engine needs; the error says which command makes what is missing.
    pub async fn find(engine: Engine) -> Result<Self, String> {
        let edgeway = process::find_edgeway()?;
        let worker =
            if engine == Engine::Worker { Some(worker::Driver::start().await?) } else { None };
        let wasmtime = if engine == Engine::Wasi { Some(wasi::Wasmtime::find()?) } else { None };
        Ok(Self { engine, settings: worker::Settings::default(), edgeway, worker, wasmtime })
    }

    /// Has components compiled in less time, where wasmtime compiles one for each case.
    #[must_use]
    pub fn compiled_quickly(mut self) -> Self {
        self.wasmtime.iter_mut().for_each(|wasmtime| wasmtime.is_compiled_quickly = true);
        self
    }

    /// Has instances of the component keep state in a store.
    #[must_use]
    pub fn with_keyvalue(mut self, keyvalue: Keyvalue) -> Self {
        self.wasmtime.iter_mut().for_each(|wasmtime| wasmtime.keyvalue = Some(keyvalue.clone()));
        self
    }

    /// Starts a gateway on a configuration that tells it to listen at `listen`. Of the gateways that run at
    /// one time each has its own `slot`.
    pub async fn start(
        &self,
        config: &Path,
        listen: SocketAddr,
        slot: usize,
    ) -> Result<Gateway, Failure> {
        let log = config.with_file_name(format!("{}.log", self.engine));
        if let Some(wasmtime) = &self.wasmtime {
            return wasmtime.serve(&self.edgeway, config, listen, log).await;
        }
        match &self.worker {
            None => process::serve(&self.edgeway, self.engine, config, listen, log).await,
            Some(driver) => {
                let bundle = config.with_file_name("bundle");
                process::bundle(&self.edgeway, config, &bundle).await?;
                let addresses = driver.start_worker(slot, &bundle, &self.settings).await;
                let (address, beside) = addresses.map_err(Failure::Broken)?;
                Ok(Gateway { address, beside, log, process: None })
            }
        }
    }

    /// Starts a Worker of what `edgeway deploy --dry-run` has written, modules included.
    pub async fn start_deployed(&self, config: &Path, slot: usize) -> Result<Gateway, Failure> {
        let driver = self.worker.as_ref();
        let driver = driver.ok_or_else(|| Failure::Broken("only Workers are deployed".into()))?;
        let out = config.with_file_name("deployed");
        process::deploy(&self.edgeway, config, driver.modules(), &out).await?;
        let settings = worker::Settings { modules: Some(out.clone()), ..self.settings.clone() };
        let addresses = driver.start_worker(slot, &out, &settings).await;
        let (address, beside) = addresses.map_err(Failure::Broken)?;
        let log = config.with_file_name(format!("{}.log", self.engine));
        Ok(Gateway { address, beside, log, process: None })
    }

    /// Where the Worker was built, if one is run.
    pub fn modules(&self) -> Option<&Path> {
        self.worker.as_ref().map(worker::Driver::modules)
    }

    /// Writes into a KV namespace of the Worker in a slot.
    ///
    /// # Errors
    /// When there is none, or it cannot.
    pub async fn put(&self, slot: usize, key: [&str; 2], value: &str) -> Result<(), String> {
        match &self.worker {
            Some(driver) => driver.put(slot, key, value).await,
            None => Err("there is no Worker".into()),
        }
    }

    /// Ends what was started for all gateways of the engine.
    pub async fn stop(self) {
        if let Some(driver) = self.worker {
            driver.stop().await;
        }
    }
}

impl Gateway {
    /// Why it is no longer running, if so.
    pub fn exited(&mut self) -> Option<String> {
        let status = self.process.as_mut()?.try_wait().ok()??;
        Some(format!("the gateway exited: {status}"))
    }

    /// The end of what it logged.
    pub fn log(&self) -> String {
        process::tail(&self.log)
    }

    /// Stops it and waits until it is gone.
    pub async fn stop(mut self) {
        if let Some(process) = &mut self.process {
            // An error means that it has gone before.
            let _ = process.kill().await;
        }
    }
}
