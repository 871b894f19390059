//! `RecordTrace`: spans go to an OpenTelemetry collector in batches (OTLP over HTTP, in JSON).
//!
//! Each thread gathers those of its own requests and sends them with its own connections. What
//! waits is bounded, and what is lost is counted: no request waits for a collector.

mod otlp;

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::fmt;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant, SystemTime};

use bytes::Bytes;
use gateway_core::definition::Sampler;
use gateway_core::effect::EffectError;
use gateway_core::spans::{Moment, TraceRecord};
use http::{HeaderName, HeaderValue, Request, StatusCode};
use tokio::sync::Notify;

use crate::body::Body;
use crate::perform::http::HttpClient;
use crate::perform::trust::Trust;

/// Spans that wait on one thread (`OTEL_BSP_MAX_QUEUE_SIZE`).
const QUEUED_MAX: usize = 2048;
/// Spans that are sent together (`OTEL_BSP_MAX_EXPORT_BATCH_SIZE`), and those of their last trace.
const BATCH: usize = 512;
/// A span waits no longer than this for others.
const BATCH_AGE_MAX: Duration = Duration::from_secs(1);
/// Waits before a batch is sent again that the collector could not take.
const BACK_OFF: [Duration; 2] = [Duration::from_millis(500), Duration::from_secs(2)];
/// What the last batches may take when the host goes down.
const LAST_BATCH_MAX: Duration = Duration::from_secs(2);
/// Most that is read of a collector's answer.
const ANSWER_BYTES_MAX: usize = 64 * 1024;

/// Where spans go.
#[derive(Clone, PartialEq)]
pub struct TracingConfig {
    /// The URL that they are posted to.
    pub url: String,
    /// Fields that the collector wants; their values are secrets.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// Longest that one batch may take.
    pub timeout: Duration,
    /// Which requests are traced.
    pub sampler: Sampler,
    /// What all spans are of: `service.name` and others.
    pub resource: Vec<(String, String)>,
}

impl fmt::Debug for TracingConfig {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.headers.iter().map(|(name, _)| name).collect();
        f.debug_struct("TracingConfig").field("url", &self.url).field("headers", &names).finish()
    }
}

/// How it goes with the spans of all threads.
#[derive(Debug, Default)]
pub struct SpanCounts {
    /// Taken by a collector.
    pub exported: AtomicU64,
    /// Lost: too many waited, or no collector took them.
    pub dropped: AtomicU64,
}

/// When the steps of an exchange happened, of one that may be traced.
#[derive(Debug)]
pub(crate) struct Clock {
    arrived: SystemTime,
    begun: Instant,
    asked: Vec<Duration>,
    answered: Vec<Duration>,
}

impl Clock {
    pub(crate) fn start() -> Self {
        let (arrived, begun) = (SystemTime::now(), Instant::now());
        Self { arrived, begun, asked: Vec::new(), answered: Vec::new() }
    }

    /// An effect is begun.
    pub(crate) fn ask(&mut self) {
        self.asked.push(self.begun.elapsed());
    }

    /// It is done.
    pub(crate) fn answer(&mut self) {
        self.answered.push(self.begun.elapsed());
    }

    /// In nanoseconds of the time of day. What has not happened happens now.
    fn at(&self, moment: Moment) -> u128 {
        let nth = |times: &[Duration], n: u32| times.get(n as usize).copied();
        let since = match moment {
            Moment::Asked(n) => nth(&self.asked, n),
            Moment::Answered(0) => Some(Duration::ZERO),
            Moment::Answered(n) => nth(&self.answered, n - 1),
            Moment::Responded => None,
        };
        let since = since.unwrap_or_else(|| self.begun.elapsed());
        let arrived = self.arrived.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        (arrived + since).as_nanos()
    }
}

/// The spans of one thread's requests, on their way to a collector.
#[derive(Debug)]
pub(crate) struct Traces {
    config: Arc<TracingConfig>,
    client: HttpClient,
    counts: Arc<SpanCounts>,
    /// Requests' spans as JSON, and how many there are.
    queue: RefCell<VecDeque<(usize, Vec<String>)>>,
    queued: Cell<usize>,
    /// There is enough for a batch.
    full: Notify,
    is_down: Cell<bool>,
}

impl Traces {
    pub(crate) fn new(
        config: Arc<TracingConfig>,
        trust: &Arc<Trust>,
        counts: Arc<SpanCounts>,
    ) -> Rc<Self> {
        Rc::new(Self {
            config,
            client: HttpClient::new(trust),
            counts,
            queue: RefCell::default(),
            queued: Cell::default(),
            full: Notify::new(),
            is_down: Cell::default(),
        })
    }

    /// Sends what comes, until nobody has spans for it any more.
    pub(crate) fn start(self: &Rc<Self>) {
        let weak = Rc::downgrade(self);
        tokio::task::spawn_local(async move {
            loop {
                let Some(traces) = weak.upgrade() else { return };
                let full = tokio::time::timeout(BATCH_AGE_MAX, traces.full.notified());
                full.await.ok();
                while traces.queued.get() > 0 {
                    traces.send_batch().await;
                }
            }
        });
    }

    /// Takes the spans of a request.
    pub(crate) fn add(&self, record: &TraceRecord, clock: &Clock) {
        let count = record.spans.len();
        if self.queued.get() + count > QUEUED_MAX {
            self.counts.dropped.fetch_add(count as u64, Relaxed);
            return;
        }
        let spans = otlp::spans(record, |moment| clock.at(moment));
        self.queue.borrow_mut().push_back((count, spans));
        self.queued.set(self.queued.get() + count);
        if self.queued.get() >= BATCH {
            self.full.notify_one();
        }
    }

    /// Sends what is there, for as long as that may take when the host goes down.
    pub(crate) async fn flush(&self) {
        let all = async {
            while self.queued.get() > 0 {
                self.send_batch().await;
            }
        };
        if tokio::time::timeout(LAST_BATCH_MAX, all).await.is_err() {
            let left = self.queued.replace(0);
            self.queue.borrow_mut().clear();
            self.counts.dropped.fetch_add(left as u64, Relaxed);
        }
    }

    async fn send_batch(&self) {
        let (mut count, mut batch) = (0, Vec::new());
        while count < BATCH
            && let Some((more, spans)) = self.queue.borrow_mut().pop_front()
        {
            count += more;
            batch.extend(spans);
        }
        self.queued.set(self.queued.get() - count);
        let body = Bytes::from(otlp::request(&self.config.resource, &batch));
        drop(batch);
        let told = match self.post(body).await {
            Ok(()) => &self.counts.exported,
            Err(reason) => {
                // Once, until one is taken again: a collector that is away is away for many.
                if !self.is_down.replace(true) {
                    tracing::warn!(%reason, url = self.config.url, "spans are lost: the collector does not take them");
                }
                &self.counts.dropped
            }
        };
        told.fetch_add(count as u64, Relaxed);
    }

    /// Again where OTLP says so: 429, 502, 503, 504, and where there is no answer.
    async fn post(&self, body: Bytes) -> Result<(), String> {
        let mut waits = BACK_OFF.iter();
        loop {
            let reason = match self.post_once(body.clone()).await {
                Ok(status) if status.is_success() => {
                    self.is_down.set(false);
                    return Ok(());
                }
                Ok(status) if !matches!(status.as_u16(), 429 | 502..=504) => {
                    return Err(format!("the collector answers {status}"));
                }
                Ok(status) => format!("the collector answers {status}"),
                Err(error) => error.to_string(),
            };
            let Some(wait) = waits.next() else { return Err(reason) };
            tokio::time::sleep(*wait).await;
        }
    }

    async fn post_once(&self, body: Bytes) -> Result<StatusCode, EffectError> {
        let mut request = Request::post(&self.config.url)
            .header(http::header::CONTENT_TYPE, "application/json")
            .body(Body::from(body))
            .map_err(|error| EffectError::Misconfigured(error.to_string()))?;
        for (name, value) in &self.config.headers {
            request.headers_mut().append(name, value.clone());
        }
        let sent = async {
            let response = self.client.send_quietly(request, self.config.timeout).await?;
            let (head, content) = response.into_parts();
            // Read, so that its connection serves again.
            content.collect(ANSWER_BYTES_MAX).await.ok();
            Ok(head.status)
        };
        let sent = tokio::time::timeout(self.config.timeout, sent).await;
        sent.unwrap_or(Err(EffectError::TimedOut))
    }
}
