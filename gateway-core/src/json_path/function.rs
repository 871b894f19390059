//! The functions at the end of paths.

use alloc::{borrow::Cow, string::String, vec::Vec};

use super::evaluate::{Budget, Stop, find};
use super::{Found, JsonPath, Parameter, Token};
use crate::json::{Json, Number};

/// A function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Function {
    Length,
    Keys,
    Sum,
    Average,
    Minimum,
    Maximum,
    StandardDeviation,
    Concatenate,
    Append,
    First,
    Last,
    Index,
}

impl Function {
    pub(super) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "length" | "size" => Self::Length,
            "keys" => Self::Keys,
            "sum" => Self::Sum,
            "avg" => Self::Average,
            "min" => Self::Minimum,
            "max" => Self::Maximum,
            "stddev" => Self::StandardDeviation,
            "concat" => Self::Concatenate,
            "append" => Self::Append,
            "first" => Self::First,
            "last" => Self::Last,
            "index" => Self::Index,
            _ => return None,
        })
    }
}

/// The length of what a path finds is the length of what is in it: `$.length($..book)` counts
/// `$..book.*`.
pub(super) fn prepare(function: Function, parameters: &mut [Parameter]) {
    let Some(Parameter::Path(path)) = parameters.first_mut() else { return };
    if function == Function::Length && !path.has_function() && !path.steps.is_empty() {
        let steps = core::mem::take(&mut path.steps);
        let tokens = steps.into_iter().map(|step| step.token).chain([Token::Wildcard]).collect();
        *path = JsonPath::new(path.starts_at_root, tokens);
    }
}

/// What a function makes of a value.
pub(super) fn call(
    function: Function,
    parameters: &[Parameter],
    root: &Json,
    value: &Json,
    budget: &mut Budget,
) -> Result<Json, Stop> {
    budget.spend_on(value)?;
    match function {
        Function::Length => length(parameters, value, budget),
        Function::Keys => Ok(value.as_object().map_or(Json::Null, |object| {
            Json::Array(object.iter().map(|(name, _)| Json::from(name)).collect())
        })),
        Function::Sum => aggregate(parameters, root, value, budget, |values| values.iter().sum()),
        Function::Average => aggregate(parameters, root, value, budget, average),
        Function::Minimum => aggregate(parameters, root, value, budget, |values| {
            values.iter().copied().fold(f64::MAX, f64::min)
        }),
        Function::Maximum => aggregate(parameters, root, value, budget, |values| {
            values.iter().copied().fold(f64::MIN, f64::max)
        }),
        Function::StandardDeviation => aggregate(parameters, root, value, budget, |values| {
            let squares: Vec<f64> = values.iter().map(|value| value * value).collect();
            let mean = average(values);
            square_root(average(&squares) - mean * mean)
        }),
        Function::Concatenate => {
            let mut text = String::new();
            let items = value.as_array().unwrap_or_default();
            items.iter().filter_map(Json::as_str).for_each(|item| text.push_str(item));
            for value in arguments(parameters, root, budget)? {
                match &*value {
                    Json::String(item) => text.push_str(item),
                    Json::Number(item) => text.push_str(&item.printed()),
                    Json::Bool(item) => text.push_str(if *item { "true" } else { "false" }),
                    Json::Null | Json::Array(_) | Json::Object(_) => {}
                }
            }
            Ok(Json::String(text))
        }
        Function::Append => {
            let Json::Array(items) = value else { return Ok(value.clone()) };
            let mut items = items.clone();
            items.extend(arguments(parameters, root, budget)?.into_iter().map(Cow::into_owned));
            Ok(Json::Array(items))
        }
        Function::First => item(value, 0),
        Function::Last => item(value, -1),
        Function::Index => {
            let arguments = arguments(parameters, root, budget)?;
            let at = arguments.first().and_then(|value| value.as_number()?.as_i64());
            item(value, at.ok_or(Stop::Missing)?)
        }
    }
}

fn length(parameters: &[Parameter], value: &Json, budget: &mut Budget) -> Result<Json, Stop> {
    let mut count = match value {
        Json::Array(items) => Some(items.len()),
        Json::Object(object) => Some(object.len()),
        _ => None,
    };
    if let Some(Parameter::Path(path)) = parameters.first() {
        count = match find(path, value, value, false, budget)? {
            Some(Found::List(found)) => Some(found.len()),
            Some(Found::One(found)) => found.as_array().map(<[Json]>::len).or(count),
            _ => count,
        };
    }
    let number = count.and_then(|count| i64::try_from(count).ok());
    Ok(number.map_or(Json::Null, |count| Json::Number(count.into())))
}

fn item(value: &Json, at: i64) -> Result<Json, Stop> {
    let items = value.as_array().ok_or(Stop::Missing)?;
    let length = i64::try_from(items.len()).unwrap_or(i64::MAX);
    let at = usize::try_from(if at < 0 { length + at } else { at });
    at.ok().and_then(|at| items.get(at)).cloned().ok_or(Stop::Missing)
}

/// Over the numbers in an array, and those among the arguments; of none there is no result.
fn aggregate(
    parameters: &[Parameter],
    root: &Json,
    value: &Json,
    budget: &mut Budget,
    result: impl FnOnce(&[f64]) -> f64,
) -> Result<Json, Stop> {
    let number = |value: &Json| value.as_number().map(Number::as_f64);
    let mut values: Vec<f64> =
        value.as_array().unwrap_or_default().iter().filter_map(number).collect();
    values.extend(arguments(parameters, root, budget)?.iter().filter_map(|value| number(value)));
    if values.is_empty() {
        return Err(Stop::Missing);
    }
    Number::from_f64(result(&values)).map(Json::Number).ok_or(Stop::Missing)
}

/// What the parameters stand for; arrays by their items.
fn arguments<'j>(
    parameters: &'j [Parameter],
    root: &'j Json,
    budget: &mut Budget,
) -> Result<Vec<Cow<'j, Json>>, Stop> {
    let mut arguments = Vec::new();
    for parameter in parameters {
        let value = match parameter {
            Parameter::Value(value) => Cow::Borrowed(value),
            Parameter::Path(path) => match find(path, root, root, false, budget)? {
                Some(Found::One(value)) => value,
                Some(Found::List(found)) => {
                    arguments.extend(found);
                    continue;
                }
                _ => return Err(Stop::Missing),
            },
        };
        match value {
            Cow::Borrowed(Json::Array(items)) => arguments.extend(items.iter().map(Cow::Borrowed)),
            Cow::Owned(Json::Array(items)) => arguments.extend(items.into_iter().map(Cow::Owned)),
            value => arguments.push(value),
        }
    }
    Ok(arguments)
}

#[expect(clippy::cast_precision_loss, reason = "no array has so many items")]
fn average(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// Newton's method: `core` has no square root.
fn square_root(value: f64) -> f64 {
    if value.is_nan() || value <= 0.0 {
        return 0.0;
    }
    let mut root = f64::from_bits((value.to_bits() >> 1) + (1023_u64 << 51));
    for _ in 0..8 {
        root = f64::midpoint(root, value / root);
    }
    root
}
