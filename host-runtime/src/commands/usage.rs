//! `edgeway usage`: what API keys have used of a usage plan.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use gateway_core::definition::UsagePlan;
use gateway_core::usage::day_of;

use super::print_refused;
use crate::config::Config;
use crate::drive::now;
use crate::perform::tokens::shared;
use crate::settings::Settings;
use crate::snapshot::Origin;
use crate::usage_report::{UsageReport, date, days};
use crate::usage_store::{Counted, UsageStore};

/// How far back a report goes if nobody says.
const DAYS_DEFAULT: u32 = 30;

/// After AWS's `GetUsage`.
#[derive(Debug, Args)]
pub(super) struct UsageArguments {
    /// The configuration of the gateway that counts; it may be running
    #[arg(long, value_name = "FILE")]
    config: PathBuf,
    /// The usage plan; needed where the configuration has several
    #[arg(long, value_name = "ID")]
    usage_plan_id: Option<String>,
    /// The first day, of UTC; 30 days before the last one if not given
    #[arg(long, value_name = "YYYY-MM-DD")]
    start_date: Option<String>,
    /// The last day; today if not given
    #[arg(long, value_name = "YYYY-MM-DD")]
    end_date: Option<String>,
    /// The API key; all keys of the plan if not given
    #[arg(long, value_name = "ID")]
    key_id: Option<String>,
    /// As AWS's command line shows it, or a table with a line for each key and day
    #[arg(long, value_enum, default_value = "json")]
    format: Format,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Format {
    Json,
    Csv,
}

/// Prints the report.
pub(super) fn usage(arguments: &UsageArguments) -> ExitCode {
    let built = match Origin::Config(arguments.config.clone()).build() {
        Ok(built) => built,
        Err(refused) => return print_refused(&refused),
    };
    let text = report(arguments, &built.config).map(|report| match arguments.format {
        Format::Json => format!("{:#}\n", report.to_json("items")),
        Format::Csv => report.to_csv(),
    });
    let printed = text.and_then(|text| {
        std::io::stdout().write_all(text.as_bytes()).map_err(|error| error.to_string())
    });
    match printed {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            tell!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn report(arguments: &UsageArguments, config: &Config) -> Result<UsageReport, String> {
    let plan = find_plan(&config.usage_plans, arguments.usage_plan_id.as_deref())?;
    let end_date = arguments.end_date.clone().unwrap_or_else(|| date(day_of(now())));
    let last = *days(&end_date, &end_date)?.end();
    let start_date = arguments.start_date.clone();
    let start_date = start_date.unwrap_or_else(|| date(last.saturating_sub(DAYS_DEFAULT)));
    let days = days(&start_date, &end_date)?;
    let counted = counted(config, plan)?;
    let report = UsageReport::new(plan, counted, days, arguments.key_id.as_deref());
    match &arguments.key_id {
        // A key that has left the plan is told of as long as its requests are kept.
        Some(id) if report.is_empty() => {
            Err(format!("there is no API key of the id `{id}` in the usage plan `{}`", plan.id))
        }
        _ => Ok(report),
    }
}

/// The plan of this id or name, or the only one.
fn find_plan<'p>(plans: &'p [UsagePlan], wanted: Option<&str>) -> Result<&'p UsagePlan, String> {
    let found = match (plans, wanted) {
        ([plan], None) => Some(plan),
        (_, None) => None,
        (_, Some(wanted)) => {
            let named = || plans.iter().find(|plan| plan.name == wanted);
            plans.iter().find(|plan| plan.id == wanted).or_else(named)
        }
    };
    found.ok_or_else(|| {
        let ids: Vec<&str> = plans.iter().map(|plan| plan.id.as_str()).collect();
        match (&ids[..], wanted) {
            ([], _) => "the configuration has no usage plans".into(),
            (ids, None) => format!("--usage-plan-id is needed: one of {}", ids.join(", ")),
            (ids, Some(wanted)) => {
                format!("there is no usage plan `{wanted}`: there are {}", ids.join(", "))
            }
        }
    })
}

fn counted(config: &Config, plan: &UsagePlan) -> Result<Counted, String> {
    if let Some(redis) = &config.redis {
        let trust = Settings::new(config, None).trust;
        let mut builder = tokio::runtime::Builder::new_current_thread();
        let runtime = builder.enable_all().build_local(tokio::runtime::LocalOptions::default());
        let runtime = runtime.map_err(|error| error.to_string())?;
        return runtime.block_on(shared::counted(redis, &trust, plan));
    }
    let Some(directory) = &config.data_directory else {
        return Err(
            "without `dataDirectory` or `redis` requests are counted in the memory of the gateway \
                    alone"
                .into(),
        );
    };
    if !directory.is_dir() {
        let directory = directory.display();
        return Err(format!(
            "{directory}: there is no such folder; a gateway that serves this configuration makes it \
             (`dataDirectory`, relative to the configuration's folder)"
        ));
    }
    match UsageStore::open_to_read(directory)? {
        Some(store) => store.load_plan(&plan.id),
        None => Err(format!(
            "{}: no gateway has kept counts here: `dataDirectory` names another folder than the one \
             that serves, or none has served yet",
            directory.display()
        )),
    }
}
