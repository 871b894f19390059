//! What the issuer publishes, and under which path.

use jwt_simple::algorithms::RS256KeyPair;
use serde_json::{Value, json};

use crate::{Failure, arguments::is_user_pool, token::pool_issuer};

/// The public documents.
pub(crate) struct Published {
    issuer: String,
    jwks: Value,
}

impl Published {
    /// Prepares the documents for a key.
    ///
    /// # Errors
    /// When the key cannot be written as a JSON Web Key.
    pub(crate) fn new(key: &RS256KeyPair, issuer: String) -> Result<Self, Failure> {
        let public: Value = serde_json::from_str(&key.public_key().to_jwk())?;
        Ok(Self { issuer, jwks: json!({ "keys": [public] }) })
    }

    /// The issuer at the root.
    pub(crate) fn issuer(&self) -> &str {
        &self.issuer
    }

    /// The document at a path: discovery (OpenID Connect Discovery 1.0, section 4) and JWKS, at the
    /// root and in the folder of any user pool, as `cognito-idp` has them. `origin` is where the
    /// client found this server, for the URL of the JWKS.
    pub(crate) fn document(&self, path: &str, origin: &str) -> Option<Value> {
        let path = path.strip_prefix('/')?;
        let (pool, name) = match path.split_once("/.well-known/") {
            Some((pool, name)) if is_user_pool(pool) => (Some(pool), name),
            Some(_) => return None,
            None => (None, path.strip_prefix(".well-known/")?),
        };
        match name {
            "jwks.json" => Some(self.jwks.clone()),
            "openid-configuration" => {
                let issuer = pool.map_or_else(|| self.issuer.clone(), pool_issuer);
                let folder =
                    pool.map_or_else(|| origin.to_owned(), |pool| format!("{origin}/{pool}"));
                Some(json!({
                    "issuer": issuer,
                    "jwks_uri": format!("{folder}/.well-known/jwks.json"),
                    "id_token_signing_alg_values_supported": ["RS256"],
                    "response_types_supported": ["token"],
                    "subject_types_supported": ["public"],
                    "scopes_supported": ["products/read", "orders/write"],
                }))
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn published() -> (RS256KeyPair, Published) {
        let key = RS256KeyPair::generate(2048).expect("a key").with_key_id("k1");
        let published =
            Published::new(&key, "http://127.0.0.1:9902".to_owned()).expect("documents");
        (key, published)
    }

    #[test]
    fn the_root_and_every_pool_have_the_same_public_key() {
        let (key, published) = published();
        let at_root = published.document("/.well-known/jwks.json", "http://x").expect("published");
        assert_eq!(
            published.document("/us-east-1_Products/.well-known/jwks.json", "http://x"),
            Some(at_root.clone())
        );
        let public = at_root["keys"][0].as_object().expect("a key");
        assert_eq!(
            (&public["kid"], &public["kty"], &public["alg"]),
            (&json!("k1"), &json!("RSA"), &json!("RS256"))
        );
        let private: Value = serde_json::from_str(&key.to_jwk()).expect("JSON");
        for member in ["d", "p", "q", "dp", "dq", "qi"] {
            assert!(
                private.get(member).is_some() && !public.contains_key(member),
                "{member} stays at home"
            );
        }
    }

    #[test]
    fn discovery_names_the_issuer_and_where_its_keys_are() {
        let (_, published) = published();
        let root = published
            .document("/.well-known/openid-configuration", "http://127.0.0.1:9902")
            .expect("published");
        assert_eq!(root["issuer"], "http://127.0.0.1:9902");
        assert_eq!(root["jwks_uri"], "http://127.0.0.1:9902/.well-known/jwks.json");
        let pool = published
            .document("/eu-west-1_Shop/.well-known/openid-configuration", "http://h")
            .expect("published");
        assert_eq!(pool["issuer"], "https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_Shop");
        assert_eq!(pool["jwks_uri"], "http://h/eu-west-1_Shop/.well-known/jwks.json");
    }

    #[test]
    fn nothing_else_is_published() {
        let (_, published) = published();
        for path in [
            "",
            "/",
            "/.well-known/",
            "/.well-known/key",
            "/a/b_c/.well-known/jwks.json",
            "/x/.well-known/jwks.json",
            "//.well-known/jwks.json",
        ] {
            assert_eq!(published.document(path, "http://x"), None, "{path}");
        }
    }
}
