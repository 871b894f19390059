//! What a definition may ask for that Edgeway does not do yet. It is refused, never ignored.

use alloc::{format, string::String};

macro_rules! features {
    ($($feature:ident => $name:literal, $instead:literal;)+) => {
        /// A feature of API Gateway that is not supported yet.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) enum Feature { $($feature),+ }

        impl Feature {
            /// What the diagnostic says.
            pub(super) fn message(self) -> String {
                match self { $(Self::$feature => not_yet($name, $instead)),+ }
            }
        }
    };
}

fn not_yet(name: &str, instead: &str) -> String {
    format!("{name} not supported yet: {instead}")
}

features! {
    ConditionKeys => "this condition key is", "no request would have it, and a denial by it would deny nobody";
}
