//! Limits that machines share, in a real Redis: what it answers, and to whom.

use std::net::{SocketAddr, TcpStream};
use std::process::{Child, Command, Stdio};
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use gateway_core::bucket::{BucketTake, Buckets, Limit, take_all};
use gateway_core::definition::{Quota, QuotaPeriod};
use gateway_core::effect::{TakeTokens, Taken};
use gateway_core::message::Timestamp;
use gateway_core::usage::UsageTake;
use host_runtime::perform::tokens::shared::{At, SharedTokens};
use host_runtime::perform::trust::Trust;
use host_runtime::redis::{Command as Words, Redis, RedisConfig, Reply};

use crate::kit::*;
use crate::program::free_address;

/// A server of our own.
pub(crate) struct Server {
    child: Child,
    pub(crate) address: SocketAddr,
    _folder: Folder,
}

impl Server {
    pub(crate) fn start() -> Self {
        Self::start_at(free_address(), &[])
    }
    pub(crate) fn start_at(address: SocketAddr, more: &[&str]) -> Self {
        let folder = Folder::new();
        // Debian puts servers where an ordinary user's PATH does not lead.
        let path = std::env::var("PATH").unwrap_or_default() + ":/usr/sbin:/usr/local/sbin";
        let child = Command::new("redis-server")
            .env("PATH", path)
            .args(["--port", &address.port().to_string(), "--bind", "127.0.0.1"])
            .args(["--save", "", "--appendonly", "no", "--dir"])
            .arg(folder.path(""))
            .args(more)
            .stdout(Stdio::null())
            .spawn()
            .expect("redis-server is installed: `cargo xtask test --only tools` does it");
        let server = Self { child, address, _folder: folder };
        let started = Instant::now();
        while TcpStream::connect(address).is_err() {
            assert!(started.elapsed() < PATIENCE, "redis-server does not start");
            std::thread::yield_now();
        }
        server
    }
    fn config(&self) -> RedisConfig {
        RedisConfig {
            host: "127.0.0.1".into(),
            port: self.address.port(),
            tls: false,
            database: 0,
            username: None,
            password: None,
            key_prefix: "{t}:".into(),
            timeout: PATIENCE,
            stage_caches: None,
        }
    }
    pub(crate) fn signal(&self, name: &str) {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").args(["-s", name, &pid]).status().unwrap().success());
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

fn on_a_runtime<T>(run: impl Future<Output = T>) -> T {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    builder.enable_all().build_local(Default::default()).unwrap().block_on(run)
}

fn shared(config: RedisConfig) -> SharedTokens {
    let shared = SharedTokens::new(Arc::new(config), Arc::default(), Arc::default());
    shared.start();
    shared
}

fn client(config: RedisConfig) -> Rc<Redis> {
    let client = Redis::new(Arc::new(config), Arc::<Trust>::default(), Arc::default(), Vec::new());
    client.start();
    client
}

/// What a random request takes at a random time after the one before.
struct Requests {
    random: u64,
    now: u64,
}

impl Requests {
    fn draw(&mut self, below: u64) -> u64 {
        self.random ^= self.random << 13;
        self.random ^= self.random >> 7;
        self.random ^= self.random << 17;
        self.random % below
    }
    fn next(&mut self) -> (TakeTokens, Timestamp) {
        // Sometimes a clock that runs backwards, or after years.
        match self.draw(50) {
            0 => self.now -= self.draw(5_000),
            1 => self.now += self.draw(3 * 365 * 86_400_000),
            _ => self.now += self.draw(300) * self.draw(300),
        }
        let takes = self.draw(5);
        let buckets = (0..takes).map(|_| {
            let which = self.draw(40);
            // The smallest and the largest that there are, and what is between.
            let rate = [0.0, 0.001, 0.333, 1.0, 17.3, 10_000.0, 1e9][which as usize % 7];
            let burst = [0, 1, 2, 5, 100, u32::MAX][which as usize % 6];
            let cost = [1, 1, 1, 2, 0, u32::MAX][self.draw(6) as usize];
            BucketTake { key: format!("a/{which}"), limit: Limit::new(rate, burst), cost }
        });
        let buckets = buckets.collect();
        let period = [QuotaPeriod::Day, QuotaPeriod::Week, QuotaPeriod::Month];
        let period = period[self.draw(3) as usize];
        let offset = self.draw(u64::from(period.offset_max()) + 1) as u8;
        let quota = Quota { limit: self.draw(12) as u32, offset, period };
        let usage = match self.draw(3) {
            0 => None,
            1 => Some(None),
            _ => Some(Some(quota)),
        };
        let key = format!("p/{}", self.draw(4));
        let usage = usage.map(|quota| UsageTake { key, quota });
        (TakeTokens { buckets, usage }, Timestamp(self.now))
    }
}

#[test]
fn the_server_takes_as_the_core_does_whatever_is_taken_and_counts_alike() {
    let server = Server::start();
    on_a_runtime(async {
        let shared = shared(server.config());
        for seed in 1..=8_u64 {
            let other = client(server.config());
            assert_eq!(other.ask(Words::new(["FLUSHALL"])).await, Ok(Reply::Status("OK".into())));
            let mut requests = Requests {
                random: seed.wrapping_mul(0x9e37_79b9_7f4a_7c15),
                now: 1_700_000_000_000,
            };
            let (mut plain, mut seen) = (Buckets::default(), [0; 3]);
            for step in 0..1_500 {
                let (effect, now) = requests.next();
                // No bucket goes by the server's clock meanwhile.
                let at = Some(At { now, full_stays_ms: 86_400_000 });
                let expected = take_all(&effect, now, &mut plain);
                let taken = shared.take(&effect, now, at).await.unwrap();
                assert_eq!(taken, expected, "seed {seed}, step {step}: {effect:?} at {now:?}");
                seen[match taken {
                    Taken::All => 0,
                    Taken::None { .. } => 1,
                    Taken::QuotaExceeded => 2,
                }] += 1;
            }
            assert!(seen.iter().all(|times| *times > 50), "seed {seed}: {seen:?}");
            let keys: Vec<String> = plain.usage.keys().cloned().collect();
            let counted = shared.used(&keys).await.unwrap();
            assert_eq!(counted, Vec::from_iter(plain.usage), "seed {seed}");
        }
    });
}

#[test]
fn many_threads_are_never_granted_one_token_twice() {
    let server = Server::start();
    let granted: usize = std::thread::scope(|scope| {
        let grant = || {
            on_a_runtime(async {
                let shared = shared(server.config());
                let limit = Limit::new(0.0, 1_000);
                let buckets = vec![BucketTake { key: "a".into(), limit, cost: 1 }];
                let effect = TakeTokens { buckets, usage: None };
                let mut granted = 0;
                for _ in 0..20 {
                    // Forty at a time on one connection.
                    let takes = (0..40).map(|_| shared.take(&effect, Timestamp(0), None));
                    let taken = futures_util::future::join_all(takes).await;
                    granted += taken.iter().filter(|taken| **taken == Ok(Taken::All)).count();
                }
                granted
            })
        };
        let threads: Vec<_> = (0..3).map(|_| scope.spawn(grant)).collect();
        threads.into_iter().map(|thread| thread.join().unwrap()).sum()
    });
    assert_eq!(granted, 1_000);
}

#[test]
fn a_request_names_the_script_and_its_text_crosses_once_a_connection() {
    let server = Server::start();
    on_a_runtime(async {
        let (shared, other) = (shared(server.config()), client(server.config()));
        let buckets = vec![BucketTake { key: "a".into(), limit: Limit::new(1.0, 100), cost: 1 }];
        let effect = TakeTokens { buckets, usage: None };
        for _ in 0..30 {
            assert_eq!(shared.take(&effect, Timestamp(0), None).await, Ok(Taken::All));
        }
        let told = other.ask(Words::new(["INFO", "commandstats"])).await;
        let Ok(Reply::Bulk(Some(text))) = told else { panic!("a text: {told:?}") };
        let text = String::from_utf8(text).unwrap();
        let calls = |command: &str| {
            let start = format!("cmdstat_{command}:calls=");
            let calls = text.lines().find_map(|line| line.strip_prefix(&start)?.split(',').next());
            calls.map_or(0, |calls| calls.parse::<u32>().unwrap())
        };
        assert_eq!((calls("evalsha"), calls("script|load"), calls("eval")), (30, 1, 0), "{text}");
    });
}

#[test]
fn a_flushed_script_is_sent_again_and_full_buckets_are_forgotten() {
    let server = Server::start();
    on_a_runtime(async {
        let (shared, other) = (shared(server.config()), client(server.config()));
        let take = |key: &str, rate, burst| {
            let limit = Limit::new(rate, burst);
            TakeTokens {
                buckets: vec![BucketTake { key: key.into(), limit, cost: 1 }],
                usage: None,
            }
        };
        let ok = || Ok(Reply::Status("OK".into()));
        assert_eq!(shared.take(&take("a", 0.0, 2), Timestamp(0), None).await, Ok(Taken::All));
        assert_eq!(other.ask(Words::new(["SCRIPT", "FLUSH"])).await, ok());
        assert_eq!(shared.take(&take("a", 0.0, 2), Timestamp(0), None).await, Ok(Taken::All));
        let empty = Taken::None { empty: 0, retry_after_ms: None };
        assert_eq!(shared.take(&take("a", 0.0, 2), Timestamp(0), None).await, Ok(empty));
        assert_eq!(shared.take(&take("b", 1.0, 9), Timestamp(0), None).await, Ok(Taken::All));
        let lives = |key: &'static str| {
            let other = Rc::clone(&other);
            async move { other.ask(Words::new(["PTTL", &format!("{{t}}:bucket/{key}")])).await }
        };
        assert_eq!(lives("a").await, Ok(Reply::Integer(-1)), "it never refills");
        let Ok(Reply::Integer(ms)) = lives("b").await else { panic!("a number") };
        assert!((0..=2_000).contains(&ms), "{ms} ms");
    });
}

#[test]
fn a_password_opens_and_without_it_nothing_is_answered() {
    let password = ["--requirepass", "hush"];
    let server = Server::start_at(free_address(), &password);
    on_a_runtime(async {
        let ping = || Words::new(["PING"]);
        let right = RedisConfig { password: Some("hush".into()), ..server.config() };
        assert_eq!(client(right.clone()).ask(ping()).await, Ok(Reply::Status("PONG".into())));
        let named = RedisConfig { username: Some("default".into()), database: 3, ..right.clone() };
        assert_eq!(client(named).ask(ping()).await, Ok(Reply::Status("PONG".into())));
        let wrong = RedisConfig { password: Some("shout".into()), ..right };
        assert!(client(wrong).ask(ping()).await.is_err());
    });
}

#[test]
fn over_tls_the_server_must_be_vouched_for() {
    let folder = Folder::new();
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let certificate = folder.write("cert.pem", &made.cert.pem());
    let key = folder.write("key.pem", &made.signing_key.serialize_pem());
    let [certificate, key] = [&certificate, &key].map(|path| path.to_str().unwrap());
    let address = free_address();
    let tls_port = address.port().to_string();
    let more = ["--port", "0", "--tls-port", &tls_port, "--tls-auth-clients", "no"];
    let files = ["--tls-cert-file", certificate, "--tls-key-file", key];
    let server = Server::start_at(address, &[&more[..], &files].concat());
    on_a_runtime(async {
        let ping = || Words::new(["PING"]);
        let config = RedisConfig { host: "localhost".into(), tls: true, ..server.config() };
        let trust = |roots| Arc::new(Trust::new(roots));
        let ask = |config: RedisConfig, trust| async move {
            let client = Redis::new(Arc::new(config), trust, Arc::default(), Vec::new());
            client.start();
            client.ask(Words::new(["PING"])).await
        };
        let vouched = trust(vec![made.cert.der().to_vec()]);
        let pong = Ok(Reply::Status("PONG".into()));
        assert_eq!(ask(config.clone(), Arc::clone(&vouched)).await, pong);
        assert!(ask(config.clone(), trust(Vec::new())).await.is_err(), "nobody vouches");
        let other_name = RedisConfig { host: "127.0.0.1".into(), ..config.clone() };
        assert!(ask(other_name, vouched).await.is_err(), "the name is another");
        let clear = RedisConfig { tls: false, timeout: Duration::from_secs(1), ..config };
        assert!(client(clear).ask(ping()).await.is_err());
    });
}
