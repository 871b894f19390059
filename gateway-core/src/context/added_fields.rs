//! Header fields that the service's front end puts into a request before anything sees it: whom it
//! came from, by which port and scheme, and its trace.
//!
//! A REST API's mappings, templates and endpoints see them as if the client had sent them (execution
//! logs of the real service: elastic/integrations#4266), and functions of both kinds of API do.

use alloc::borrow::Cow;
use alloc::format;
use alloc::string::{String, ToString};

use super::Context;
use crate::message::field_names::Names;
use crate::message::{Fields, Scheme};

const TRACE_ID: &str = "X-Amzn-Trace-Id";
const FORWARDED_FOR: &str = "X-Forwarded-For";
const FORWARDED_PORT: &str = "X-Forwarded-Port";
const FORWARDED_PROTO: &str = "X-Forwarded-Proto";

const ADDED: Names = Names::of(&[TRACE_ID, FORWARDED_FOR, FORWARDED_PORT, FORWARDED_PROTO]);

impl Context<'_> {
    /// Whether the field of this name is the front end's, whatever the client says.
    pub(crate) fn adds(&self, name: &str) -> bool {
        ADDED.contains(name) && !self.is_test_invoke
    }

    /// All of them. `TestInvokeMethod` has no front end.
    pub(crate) fn added_fields<'r>(
        &'r self,
        fields: &'r Fields,
    ) -> impl Iterator<Item = (&'static str, Cow<'r, str>)> {
        let trace = self.added_field(TRACE_ID, fields).map(|trace| (TRACE_ID, trace));
        trace.into_iter().chain(self.forwarding_fields(fields))
    }

    /// Those that say whom the request came from, and how.
    pub(crate) fn forwarding_fields<'r>(
        &'r self,
        fields: &'r Fields,
    ) -> impl Iterator<Item = (&'static str, Cow<'r, str>)> {
        let names = [FORWARDED_FOR, FORWARDED_PORT, FORWARDED_PROTO];
        let added = move |name| self.added_field(name, fields).map(|value| (name, value));
        names.into_iter().filter_map(added)
    }

    /// The value of one, by its exact spelling.
    pub(crate) fn added_field<'r>(&'r self, name: &str, fields: &Fields) -> Option<Cow<'r, str>> {
        match name {
            _ if self.is_test_invoke => None,
            TRACE_ID => Some(self.trace_as_it_came(fields).into()),
            FORWARDED_FOR => Some(self.forwarded_for(fields)),
            FORWARDED_PORT => Some(self.port.to_string().into()),
            FORWARDED_PROTO => Some(self.scheme_name().into()),
            _ => None,
        }
    }

    /// `X-Forwarded-For`: whom the client says that it asks for, and the client.
    pub(crate) fn forwarded_for<'r>(&'r self, fields: &Fields) -> Cow<'r, str> {
        let mut value = String::new();
        for earlier in fields.all(FORWARDED_FOR).filter(|earlier| !earlier.is_empty()) {
            value.push_str(earlier);
            value.push_str(", ");
        }
        match value.is_empty() {
            true => Cow::Borrowed(&self.source_ip),
            false => Cow::Owned(value + &self.source_ip),
        }
    }

    /// `X-Forwarded-Proto`
    pub(crate) fn scheme_name(&self) -> &'static str {
        match self.scheme {
            Scheme::Http => "http",
            Scheme::Https => "https",
        }
    }

    /// The whole trace if the client sent one or the request is traced; else its root alone, as an
    /// API without X-Ray does.
    fn trace_as_it_came(&self, fields: &Fields) -> String {
        match self.is_traced || fields.contains(TRACE_ID) {
            true => self.trace.to_field(),
            false => format!("Root={}", self.trace.root),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::example;
    use crate::message::Field;

    #[test]
    fn what_is_added_is_known_by_its_own_spelling() {
        let mut context = example();
        let fields: Fields = [Field::new("x-forwarded-for", "198.51.100.7")].into_iter().collect();
        let forwarded_for = format!("198.51.100.7, {}", context.source_ip);
        assert_eq!(
            context.added_field("X-Forwarded-For", &fields).as_deref(),
            Some(&*forwarded_for)
        );
        assert_eq!(context.added_field("x-forwarded-for", &fields), None);
        assert!(context.adds("x-forwarded-for") && !context.adds("x-forwarded-host"));
        assert_eq!(context.added_fields(&fields).count(), 4);
        context.is_test_invoke = true;
        assert_eq!(context.added_fields(&fields).count(), 0);
        assert!(!context.adds("X-Forwarded-For"));
    }
}
