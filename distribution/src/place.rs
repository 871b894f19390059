//! Where origins are: where their names say, elsewhere, or in the host itself.

use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

use crate::{Distribution, Origin, OriginRequest, ProtocolPolicy};

/// Where an origin is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// Where its domain name says.
    Named,
    /// At this URL.
    At(String),
    /// In this host: an API of its own.
    Here,
}

impl Distribution {
    /// Where its origins are, in their order. `elsewhere` knows those that are not where their names say, by
    /// their ids; one whose name is that of an API of the host (`{api}.execute-api.…`) is here.
    pub fn places<'a>(
        &self,
        elsewhere: impl Fn(&str) -> Option<&'a str>,
        apis: &[&str],
    ) -> Vec<Place> {
        let is_here = |name: &str| {
            let labels = name.split_once(".execute-api.");
            labels.is_some_and(|(api, _)| apis.iter().any(|one| one.eq_ignore_ascii_case(api)))
        };
        let places = self.origins.iter().map(|origin| match elsewhere(&origin.id) {
            Some(url) => Place::At(url.into()),
            None if is_here(&origin.domain_name) => Place::Here,
            None => Place::Named,
        });
        places.collect()
    }
}

impl Origin {
    /// Where it is over the network, by the protocol that it is spoken to by, or may be; `None`: in the host.
    pub fn url(&self, place: &Place) -> Option<String> {
        match place {
            Place::Here => None,
            Place::At(url) => Some(url.clone()),
            Place::Named => {
                Some(self.named(matches!(self.protocol, ProtocolPolicy::HttpsOnly), ""))
            }
        }
    }

    fn named(&self, is_https: bool, target: &str) -> String {
        let (scheme, port) = match is_https {
            true => ("https", self.https_port),
            false => ("http", self.http_port),
        };
        format!("{scheme}://{}:{port}{target}", self.domain_name)
    }
}

impl OriginRequest<'_> {
    /// Sends it to a bucket at this endpoint in place of AWS's own, whose path begins with the bucket's name there.
    pub fn at_endpoint(&mut self, endpoint: &str) -> Option<String> {
        let bucket = self.origin.bucket.as_ref()?;
        let endpoint = endpoint.trim_end_matches('/');
        let host = endpoint.split_once("://").map_or(endpoint, |(_, rest)| rest);
        self.fields.set("Host", host.split('/').next().unwrap_or_default());
        Some([endpoint, "/", &bucket.name, &self.target].concat())
    }

    /// Its URL over the network.
    pub fn url(&self, place: &Place) -> String {
        match place {
            Place::At(url) => [url, &*self.target].concat(),
            _ => self.origin.named(self.is_https, &self.target),
        }
    }
}
