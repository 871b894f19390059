//! Lambda functions: where each one is, and how it is run.

mod invocations;
mod invoke_api;
mod output;
mod pool;
mod process;
mod runtime_api;
mod stream;
mod thread;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use base64::{Engine, engine::general_purpose::STANDARD};
use edge_common::lambda;
use gateway_core::effect::{EffectError, FunctionName, InvocationType, InvokeFunction};
use tokio::time::Instant;

use self::invoke_api::InvokeApi;
use self::pool::{Pool, PoolSpec};
use self::process::ProcessSpec;
pub(crate) use self::stream::Content;
pub use self::stream::Invoked;
use self::thread::FunctionsThread;
use crate::config::{Config, FunctionConfig};
use crate::credentials::Credentials;
use crate::perform::http::HttpClient;

/// Seconds that an invocation may take, unless `timeout` says otherwise.
const TIMEOUT_S_DEFAULT: u32 = 30;
/// Processes of one function at a time, unless `reservedConcurrentExecutions` says otherwise.
const PROCESSES_DEFAULT: u32 = 10;

/// The functions of one configuration, for all threads. Dropped, it ends their processes.
#[derive(Default)]
pub struct Functions {
    region: String,
    account_id: String,
    lambda_endpoint: Option<String>,
    credentials: Arc<Credentials>,
    urls: BTreeMap<String, String>,
    pools: BTreeMap<String, Arc<Pool>>,
    thread: Arc<FunctionsThread>,
}

impl fmt::Debug for Functions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let programs: Vec<_> = self.pools.keys().collect();
        f.debug_struct("Functions").field("urls", &self.urls).field("programs", &programs).finish()
    }
}

impl Functions {
    /// The functions of a configuration. Programs start with their first invocation; those that
    /// have not changed since `before` keep their processes.
    pub(crate) fn new(
        config: &Config,
        credentials: Arc<Credentials>,
        before: Option<&Self>,
    ) -> Self {
        let mut functions = Self {
            credentials,
            lambda_endpoint: config.endpoint("lambda"),
            region: config.region.clone(),
            account_id: config.account_id.clone(),
            thread: before.map(|before| Arc::clone(&before.thread)).unwrap_or_default(),
            ..Self::default()
        };
        for (name, function) in &config.functions {
            match function {
                FunctionConfig::Url(url) => {
                    functions.urls.insert(name.clone(), url.clone());
                }
                FunctionConfig::Command {
                    command,
                    environment,
                    reserved_concurrent_executions,
                    timeout_s,
                } => {
                    let spec = PoolSpec {
                        process: ProcessSpec::new(config, name, command, environment),
                        timeout: Duration::from_secs(timeout_s.unwrap_or(TIMEOUT_S_DEFAULT).into()),
                        processes_max: reserved_concurrent_executions.unwrap_or(PROCESSES_DEFAULT),
                    };
                    let before = before.and_then(|before| before.pools.get(name));
                    let kept = before.filter(|pool| *pool.spec() == spec).map(Arc::clone);
                    let pool = kept.unwrap_or_else(|| Pool::new(spec));
                    functions.pools.insert(name.clone(), pool);
                }
            }
        }
        functions
    }

    /// Whether every name still stands for the same function.
    pub(crate) fn are_those_of(&self, other: &Self) -> bool {
        let pools = |functions: &Self| -> Vec<_> {
            functions.pools.iter().map(|(name, pool)| (name.clone(), Arc::as_ptr(pool))).collect()
        };
        let place = |f: &Self| (f.region.clone(), f.account_id.clone(), f.lambda_endpoint.clone());
        self.urls == other.urls && pools(self) == pools(other) && place(self) == place(other)
    }

    /// Invokes a function: by its entry for the qualifier, by its entry for all, else at Lambda.
    ///
    /// # Errors
    /// As [`EffectError`] says. An answer that is Lambda's own refusal is no error.
    pub async fn invoke(
        &self,
        effect: InvokeFunction,
        client: &HttpClient,
    ) -> Result<Invoked, EffectError> {
        let timeout = Duration::from_millis(effect.timeout_ms.into());
        let idle_max = match effect.invocation {
            InvocationType::ResponseStream { idle_ms } => Duration::from_millis(idle_ms.into()),
            InvocationType::RequestResponse | InvocationType::Event => timeout,
        };
        let ends_at = Instant::now() + timeout;
        let name = effect.function.name.clone();
        let target = self.target(&effect.function);
        let named = !matches!(target, Target::Unnamed(_));
        let answer = async {
            match target {
                Target::Program(pool) => {
                    let arn = lambda::arn(&self.whole(&effect.function));
                    let mut event = pool::Event::new(arn, effect.payload.0.into());
                    if let Some(trace) = effect.trace {
                        event.trace_id = trace.into();
                    }
                    if effect.invocation != InvocationType::Event {
                        event.client_context = effect.client_context.and_then(|c| decoded(&c));
                    }
                    self.thread.invoke(pool, event, effect.invocation).await
                }
                Target::InvokeApi(api) | Target::Unnamed(api) => {
                    let function = self.whole(&effect.function);
                    api.invoke(&function, effect, client).await
                }
            }
        };
        let answer = tokio::time::timeout(timeout.min(idle_max), answer).await;
        let answer = answer.unwrap_or(Err(EffectError::TimedOut)).inspect_err(|error| match named {
            true => tracing::warn!(function = name, %error, "no answer of the function"),
            false => tracing::warn!(
                function = name,
                %error,
                "no answer of the function: `functions` has no entry for it, so Lambda was asked"
            ),
        })?;
        let content = answer.content.map(|content| content.within(idle_max, ends_at));
        Ok(Invoked { content, ..answer })
    }

    /// Waits for invocations that nobody waits for any more (queued ones, those whose integrations timed out), as nothing
    /// but their ends will tell what became of them. What still runs after this time ends with its process, and is told.
    pub fn finish(&self, time_max: Duration) {
        let invocations = self.thread.invocations.count();
        if invocations > 0 {
            let seconds = time_max.as_secs();
            tracing::info!(
                invocations,
                seconds,
                "functions still run: their invocations are finished, within this time"
            );
        }
        invocations::log_left(&self.thread.invocations.wait(time_max));
    }

    fn target(&self, function: &FunctionName) -> Target<'_> {
        for key in lambda::entries(function) {
            if let Some(pool) = self.pools.get(&key) {
                return Target::Program(pool);
            }
            if let Some(url) = self.urls.get(&key) {
                return Target::InvokeApi(self.invoke_api(url.clone()));
            }
        }
        let endpoint = self.lambda_endpoint.clone();
        let endpoint = endpoint.unwrap_or_else(|| lambda::aws_endpoint(self.region(function)));
        Target::Unnamed(self.invoke_api(endpoint))
    }

    fn invoke_api(&self, endpoint: String) -> InvokeApi<'_> {
        InvokeApi { endpoint, credentials: &self.credentials }
    }

    fn region<'f>(&'f self, function: &'f FunctionName) -> &'f str {
        if function.region.is_empty() { &self.region } else { &function.region }
    }

    /// The name with the region and the account that it leaves out.
    fn whole(&self, function: &FunctionName) -> FunctionName {
        let account_id =
            if function.account_id.is_empty() { &self.account_id } else { &function.account_id };
        FunctionName {
            region: self.region(function).into(),
            account_id: account_id.clone(),
            ..function.clone()
        }
    }
}

/// A client context as the Runtime API hands it over: JSON, no longer in base64. Line breaks stand nowhere in JSON but
/// between its tokens.
fn decoded(client_context: &str) -> Option<Vec<u8>> {
    let json = STANDARD.decode(client_context).ok()?;
    Some(json.into_iter().map(|b| if b.is_ascii_control() { b' ' } else { b }).collect())
}

/// Where a function is.
enum Target<'f> {
    Program(&'f Arc<Pool>),
    InvokeApi(InvokeApi<'f>),
    /// `functions` has no entry for it.
    Unnamed(InvokeApi<'f>),
}

#[cfg(test)]
mod tests;
