use rcgen::{CertificateParams, DnType, DnValue, KeyPair, SerialNumber, date_time_ymd};

use super::*;

fn der(change: impl FnOnce(&mut CertificateParams)) -> Vec<u8> {
    let mut params = CertificateParams::new(vec!["a.example".into()]).unwrap();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.not_before = date_time_ymd(2019, 5, 8);
    params.not_after = date_time_ymd(2050, 1, 1);
    change(&mut params);
    params.self_signed(&KeyPair::generate().unwrap()).unwrap().der().to_vec()
}

fn told(change: impl FnOnce(&mut CertificateParams)) -> ClientCertificate {
    Certificate::read(&der(change)).unwrap().told().unwrap()
}

#[test]
fn names_stand_in_the_order_of_the_certificate() {
    let told = told(|params| {
        for (kind, value) in [
            (DnType::CountryName, "US"),
            (DnType::StateOrProvinceName, "Washington"),
            (DnType::OrganizationName, "Example, Inc."),
            (DnType::OrganizationalUnitName, " a=b\u{1} "),
            (DnType::CommonName, "#\u{e9}\"<>+;\\"),
            (DnType::CustomDnType(vec![1, 3, 6, 1, 4, 1, 311, 60, 2, 1, 3]), "x"),
        ] {
            params.distinguished_name.push(kind, DnValue::Utf8String(value.into()));
        }
    });
    let expected = "C=US,ST=Washington,O=Example\\, Inc.,OU=\\ a=b\\01\\ ,\
                    CN=\\#\u{e9}\\\"\\<\\>\\+\\;\\\\,1.3.6.1.4.1.311.60.2.1.3=x";
    assert_eq!(told.subject_dn, expected);
    assert_eq!(told.issuer_dn, expected);
}

#[test]
fn dates_are_told_as_openssl_prints_them() {
    let told = told(|_| {});
    assert_eq!(told.not_before, "May  8 00:00:00 2019 GMT");
    // From 2050 on they are encoded otherwise.
    assert_eq!(told.not_after, "Jan  1 00:00:00 2050 GMT");
}

#[test]
fn serial_numbers_are_short_or_hexadecimal() {
    for (bytes, text) in [
        (vec![1], "1"),
        (vec![0x12, 0x34], "4660"),
        (vec![0x7f; 8], "9187201950435737471"),
        (vec![0x0a, 1, 2, 3, 4, 5, 6, 7, 0xff], "0a:01:02:03:04:05:06:07:ff"),
    ] {
        let told = told(|params| params.serial_number = Some(SerialNumber::from(bytes)));
        assert_eq!(told.serial_number, text);
    }
}

#[test]
fn the_certificate_itself_is_told_in_pem() {
    let der = der(|_| {});
    let pem = Certificate::read(&der).unwrap().told().unwrap().pem;
    assert!(pem.starts_with("-----BEGIN CERTIFICATE-----\nMI"), "{pem}");
    assert!(pem.ends_with("\n-----END CERTIFICATE-----\n"), "{pem}");
    assert!(pem.lines().all(|line| line.len() <= 64));
    use tokio_rustls::rustls::pki_types::{CertificateDer, pem::PemObject};
    assert_eq!(CertificateDer::from_pem_slice(pem.as_bytes()).unwrap().as_ref(), der);
}

#[test]
fn what_is_cut_or_changed_is_no_certificate_and_breaks_nothing() {
    let der = der(|_| {});
    for end in 0..der.len() {
        assert!(Certificate::read(&der[..end]).is_none());
    }
    for at in 0..der.len() {
        for changed in [0, 0x30, 0x7f, 0x80, 0x84, 0xff] {
            let mut der = der.clone();
            der[at] = changed;
            if let Some(certificate) = Certificate::read(&der) {
                certificate.told();
                certificate.not_after();
                certificate.weakness();
            }
        }
    }
}

#[test]
fn weak_keys_are_known() {
    let weakness = |algorithm| {
        let key = KeyPair::generate_for(algorithm).unwrap();
        let params = CertificateParams::new(Vec::new()).unwrap();
        let der = params.self_signed(&key).unwrap().der().to_vec();
        Certificate::read(&der).unwrap().weakness()
    };
    assert_eq!(weakness(&rcgen::PKCS_ECDSA_P256_SHA256), None);
    assert_eq!(weakness(&rcgen::PKCS_ECDSA_P384_SHA384), None);
    assert!(weakness(&rcgen::PKCS_ED25519).is_some());
    // openssl req -x509 -newkey rsa:1024 -sha256, and -newkey rsa:2048 -sha1
    let read = |pem: &str| {
        use tokio_rustls::rustls::pki_types::{CertificateDer, pem::PemObject};
        let der = CertificateDer::from_pem_slice(pem.as_bytes()).unwrap();
        Certificate::read(&der).unwrap().weakness()
    };
    assert_eq!(read(include_str!("rsa1024.pem")), Some("its RSA key has less than 2048 bits"));
    assert_eq!(read(include_str!("sha1.pem")), Some("it is signed by less than SHA-256"));
    assert_eq!(read(include_str!("rsa2048.pem")), None);
}
