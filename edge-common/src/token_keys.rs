//! What signs the tokens of clients that solved a challenge of a web ACL: `WAF_TOKEN_KEY_{NAME}`, else
//! `WAF_TOKEN_KEY`.

use gateway_core::definition::{TokenKey, WebAcl};
use gateway_core::gateway::TOKEN_KEY_BYTES_MIN;

use crate::variables::{Variables, variable_name};

/// The key of every web ACL that has none of its own name.
const OF_ALL: &str = "WAF_TOKEN_KEY";

/// The variable that the key of one web ACL is in.
pub fn variable_of(web_acl: &str) -> String {
    format!("{OF_ALL}_{}", variable_name(web_acl))
}

/// Gives web ACLs their keys, which no snapshot has, and says what is wrong with those that are there.
///
/// Where the environment has none it is `random`: other instances do not know it, and ask their clients again. That is
/// better than a key that somebody else may know, who would sign tokens by it.
pub fn fill(
    web_acls: &mut [WebAcl],
    variables: &Variables<'_>,
    random: impl FnOnce() -> Option<Vec<u8>>,
) -> Vec<String> {
    let mut told = Vec::new();
    let mut found = |name: &str| {
        let text = variables(name)?;
        let is_fit = text.len() >= TOKEN_KEY_BYTES_MIN;
        if !is_fit {
            told.push(format!(
                "`{name}` is not used: it has fewer than {TOKEN_KEY_BYTES_MIN} bytes"
            ));
        }
        is_fit.then(|| TokenKey(text.into_bytes()))
    };
    if web_acls.is_empty() {
        return told;
    }
    let of_all = found(OF_ALL).or_else(|| random().map(TokenKey));
    for acl in web_acls {
        acl.token_key = found(&variable_of(&acl.name)).or_else(|| of_all.clone());
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEYS: [&str; 3] = [
        "the key of all, of enough bytes for one",
        "the key of `a-1`, of enough bytes as well",
        "the random one: thirty-two bytes",
    ];

    fn filled(set: &[(&str, &str)]) -> (Vec<String>, Vec<String>) {
        let mut acls = ["a-1", "b"].map(|name| WebAcl { name: name.into(), ..WebAcl::default() });
        let variables = |name: &str| {
            let found = set.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        let told = fill(&mut acls, &variables, || Some(KEYS[2].into()));
        let key = |acl: &WebAcl| String::from_utf8(acl.token_key.clone().unwrap().0).unwrap();
        (acls.iter().map(key).collect(), told)
    }

    #[test]
    fn a_web_acls_own_key_comes_before_that_of_all() {
        let both = [("WAF_TOKEN_KEY", KEYS[0]), ("WAF_TOKEN_KEY_A_1", KEYS[1])];
        assert_eq!(filled(&both), (vec![KEYS[1].into(), KEYS[0].into()], vec![]));
    }

    #[test]
    fn without_a_key_that_is_fit_a_random_one_signs() {
        assert_eq!(filled(&[]), (vec![KEYS[2].into(); 2], vec![]));
        let (keys, told) = filled(&[("WAF_TOKEN_KEY", "short")]);
        assert_eq!(keys, [KEYS[2]; 2]);
        assert_eq!(told, ["`WAF_TOKEN_KEY` is not used: it has fewer than 32 bytes"]);
    }
}
