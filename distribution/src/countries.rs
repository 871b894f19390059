//! Countries by the codes that geo restrictions have.

/// ISO 3166-1 alpha-2, one after the other, and `XK`, which databases tell of Kosovo.
const CODES: &str = "ADAEAFAGAIALAMAOAQARASATAUAWAXAZBABBBDBEBFBGBHBIBJBLBMBNBOBQBRBSBTBVBWBYBZCACCCDCFCGCHCICKCLCMCNCOCRCU\
CVCWCXCYCZDEDJDKDMDODZECEEEGEHERESETFIFJFKFMFOFRGAGBGDGEGFGGGHGIGLGMGNGPGQGRGSGTGUGWGYHKHMHNHRHTHUIDIEILIMINIOIQIRISITJEJMJOJP\
KEKGKHKIKMKNKPKRKWKYKZLALBLCLILKLRLSLTLULVLYMAMCMDMEMFMGMHMKMLMMMNMOMPMQMRMSMTMUMVMWMXMYMZNANCNENFNGNINLNONPNRNUNZOMPAPEPFPGPHPKPL\
PMPNPRPSPTPWPYQARERORSRURWSASBSCSDSESGSHSISJSKSLSMSNSOSRSSSTSVSXSYSZTCTDTFTGTHTJTKTLTMTNTOTRTTTVTWTZUAUGUMUSUYUZVAVCVEVGVIVNVUWF\
WSXKYEYTZAZMZW";

/// Whether a country has this code, in either case.
pub(crate) fn is_code(code: &str) -> bool {
    let is_it = |known: &[u8]| known.eq_ignore_ascii_case(code.as_bytes());
    CODES.as_bytes().chunks_exact(2).any(is_it)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn countries_are_known_by_two_letters_in_either_case() {
        assert_eq!(CODES.len(), 2 * 250, "249 of ISO 3166-1, and Kosovo");
        for code in ["DE", "gb", "Us", "ZW", "AD", "XK"] {
            assert!(is_code(code), "{code}");
        }
        // `DA` stands in the list, but across two codes.
        for code in ["UK", "EU", "DA", "DEU", "D", "", "DEFR", "É"] {
            assert!(!is_code(code), "{code}");
        }
    }
}
