//! Where addresses are: what MaxMind's databases, or others in their format, say of countries and networks.

use std::fs;
use std::net::IpAddr;
use std::path::Path;

use gateway_core::message::Location;
use maxminddb::Reader;
use serde::Deserialize;

use crate::pipes;

/// The largest database that is read: MaxMind's largest has some hundred megabytes.
const DATABASE_BYTES_MAX: u64 = 1 << 30;

/// Databases, asked in their order: what one does not know the next may.
#[derive(Debug, Default)]
pub struct Locations {
    databases: Vec<Reader<Vec<u8>>>,
}

/// The same edition of the same databases.
impl PartialEq for Locations {
    fn eq(&self, other: &Self) -> bool {
        let edition = |of: &Reader<Vec<u8>>| {
            let metadata = of.metadata();
            (metadata.database_type.clone(), metadata.build_epoch, metadata.node_count)
        };
        self.databases.iter().map(edition).eq(other.databases.iter().map(edition))
    }
}

/// What databases of MaxMind's kinds have of an address; the rest is passed over.
#[derive(Deserialize)]
struct Record<'d> {
    #[serde(borrow)]
    country: Option<Coded<'d>>,
    #[serde(borrow)]
    subdivisions: Option<Vec<Coded<'d>>>,
    autonomous_system_number: Option<u32>,
}

#[derive(Deserialize)]
struct Coded<'d> {
    iso_code: Option<&'d str>,
}

/// What databases of cities have besides; the country's name is in those of countries, too.
#[derive(Deserialize)]
struct Details<'d> {
    #[serde(borrow)]
    country: Option<Named<'d>>,
    #[serde(borrow)]
    city: Option<Named<'d>>,
    #[serde(borrow)]
    subdivisions: Option<Vec<Named<'d>>>,
    #[serde(borrow)]
    location: Option<Spot<'d>>,
    #[serde(borrow)]
    postal: Option<Postal<'d>>,
}

#[derive(Deserialize)]
struct Named<'d> {
    #[serde(borrow)]
    names: Option<Names<'d>>,
}

#[derive(Deserialize)]
struct Names<'d> {
    en: Option<&'d str>,
}

#[derive(Deserialize)]
struct Spot<'d> {
    latitude: Option<f64>,
    longitude: Option<f64>,
    metro_code: Option<u32>,
    time_zone: Option<&'d str>,
}

#[derive(Deserialize)]
struct Postal<'d> {
    code: Option<&'d str>,
}

/// Where an address is, as CloudFront tells origins of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Described {
    pub(crate) country_name: Option<String>,
    pub(crate) city: Option<String>,
    pub(crate) region_name: Option<String>,
    pub(crate) latitude: Option<String>,
    pub(crate) longitude: Option<String>,
    pub(crate) metro_code: Option<String>,
    pub(crate) postal_code: Option<String>,
    pub(crate) time_zone: Option<String>,
}

impl Locations {
    /// Adds a database. The error says what is wrong with its file.
    pub(crate) fn add(&mut self, file: &Path) -> Result<(), String> {
        let too_long = || Err(format!("more than {DATABASE_BYTES_MAX} bytes"));
        if fs::metadata(file).map_err(|error| error.to_string())?.len() > DATABASE_BYTES_MAX {
            return too_long();
        }
        let content = pipes::read(file, DATABASE_BYTES_MAX).map_err(|error| error.to_string())?;
        if content.len() as u64 > DATABASE_BYTES_MAX {
            return too_long(); // a pipe, or one that grew meanwhile
        }
        let reader = Reader::from_source(content);
        self.databases.push(reader.map_err(|error| format!("not a MaxMind database: {error}"))?);
        Ok(())
    }

    /// Whether a database tells countries. The kinds of databases that do not are few, and known by their names.
    pub(crate) fn tells_countries(&self) -> bool {
        self.kinds().any(|kind| {
            !["ASN", "ISP", "Domain", "Connection-Type"].iter().any(|of| kind.contains(of))
        })
    }

    /// Whether a database tells autonomous systems: of MaxMind's, three do.
    pub(crate) fn tells_networks(&self) -> bool {
        self.kinds().any(|kind| {
            !["City", "Country", "Domain", "Connection-Type"].iter().any(|of| kind.contains(of))
        })
    }

    /// Whether a database tells more of a place than its country: of MaxMind's, those of cities and of enterprises do.
    pub(crate) fn tells_places(&self) -> bool {
        self.kinds().any(|kind| {
            !["ASN", "ISP", "Country", "Domain", "Connection-Type", "Anonymous"]
                .iter()
                .any(|of| kind.contains(of))
        })
    }

    /// Where an address is: by the first database that names its city, its place or its postal code, and its country
    /// by the first that names that.
    pub(crate) fn describe(&self, address: IpAddr) -> Described {
        let found = self.databases.iter().filter_map(|database| {
            let at = database.lookup(address.to_canonical()).ok()?;
            let Details { country, city, subdivisions, location, postal } = at.decode().ok()??;
            let text = |text: &str| text.to_owned();
            let name = |of: Named<'_>| of.names?.en.map(text);
            let degrees = |of: f64| format!("{of:.5}");
            let spot = location.as_ref();
            Some(Described {
                country_name: country.and_then(name),
                city: city.and_then(name),
                region_name: subdivisions.into_iter().flatten().next().and_then(name),
                latitude: spot.and_then(|spot| spot.latitude).map(degrees),
                longitude: spot.and_then(|spot| spot.longitude).map(degrees),
                metro_code: spot.and_then(|spot| spot.metro_code).map(|code| code.to_string()),
                postal_code: postal.and_then(|postal| postal.code.map(text)),
                time_zone: spot.and_then(|spot| spot.time_zone).map(text),
            })
        });
        let (mut place, mut country_name) = (None, None);
        for mut found in found {
            country_name = country_name.or(found.country_name.take());
            place = place.or_else(|| (found != Described::default()).then_some(found));
        }
        Described { country_name, ..place.unwrap_or_default() }
    }

    fn kinds(&self) -> impl Iterator<Item = &str> {
        self.databases.iter().map(|database| database.metadata().database_type.as_str())
    }

    /// What is known of an address; `None` where that is nothing.
    pub(crate) fn find(&self, address: IpAddr) -> Option<Location> {
        let mut found = Location::default();
        for database in &self.databases {
            // An address that a database cannot have (IPv6 in one of IPv4), or a record that is broken: unknown.
            let record =
                database.lookup(address.to_canonical()).and_then(|at| at.decode::<Record<'_>>());
            let Ok(Some(record)) = record else { continue };
            if found.country.is_none() {
                found.country = record.country.and_then(code);
                found.region = record.subdivisions.into_iter().flatten().next().and_then(code);
            }
            found.asn = found.asn.or(record.autonomous_system_number);
        }
        (found != Location::default()).then_some(found)
    }
}

fn code(of: Coded<'_>) -> Option<String> {
    let code = of.iso_code?;
    let is_code = (1..=3).contains(&code.len()) && code.bytes().all(|b| b.is_ascii_alphanumeric());
    is_code.then(|| code.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use ::tests::mmdb;
    use serde_json::json;

    fn with(kind: &str, networks: &[(&str, serde_json::Value)]) -> (mmdb::File, Locations) {
        let file = mmdb::File::new(kind, networks);
        let mut locations = Locations::default();
        locations.add(file.path()).unwrap();
        (file, locations)
    }

    fn at(locations: &Locations, address: &str) -> Option<Location> {
        locations.find(address.parse().unwrap())
    }

    #[test]
    fn countries_regions_and_networks_are_found_in_their_databases() {
        let ca = json!({"country": {"iso_code": "US"}, "subdivisions": [{"iso_code": "CA"}, {"iso_code": "X"}],
            "location": {"latitude": 1}});
        let (_city, mut locations) = with(
            "GeoLite2-City",
            &[("192.0.2.0/24", ca), ("2001:db8::/32", json!({"country": {"iso_code": "DE"}}))],
        );
        assert!(locations.tells_countries() && !locations.tells_networks());
        let system =
            json!({"autonomous_system_number": 64_500, "autonomous_system_organization": "x"});
        let file = mmdb::File::new("GeoLite2-ASN", &[("192.0.2.128/25", system)]);
        locations.add(file.path()).unwrap();
        assert!(locations.tells_networks());
        let of = |country: &str, region: Option<&str>, asn| {
            Some(Location { country: Some(country.into()), region: region.map(Into::into), asn })
        };
        assert_eq!(at(&locations, "192.0.2.1"), of("US", Some("CA"), None));
        assert_eq!(at(&locations, "::ffff:192.0.2.129"), of("US", Some("CA"), Some(64_500)));
        assert_eq!(at(&locations, "2001:db8::1"), of("DE", None, None));
        assert_eq!(at(&locations, "198.51.100.1"), None);
    }

    #[test]
    fn a_place_is_described_in_cloudfronts_forms() {
        let altadena = json!({"city": {"names": {"de": "x", "en": "Altadena"}},
            "subdivisions": [{"iso_code": "CA", "names": {"en": "California"}}],
            "location": {"latitude": 34.1931, "longitude": -118.1383, "metro_code": 803,
                "time_zone": "America/Los_Angeles"},
            "postal": {"code": "91001"}});
        let (_file, mut locations) =
            with("GeoLite2-Country", &[("192.0.2.0/24", json!({"country": {"iso_code": "US"}}))]);
        assert!(!locations.tells_places());
        let germany = json!({"country": {"iso_code": "DE", "names": {"en": "Germany"}}});
        let file_of_countries = mmdb::File::new("GeoIP2-Country", &[("192.0.2.0/25", germany)]);
        locations.add(file_of_countries.path()).unwrap();
        let file = mmdb::File::new("GeoLite2-City", &[("192.0.2.0/24", altadena)]);
        locations.add(file.path()).unwrap();
        assert!(locations.tells_places());
        let text = |text: &str| Some(text.to_owned());
        let expected = Described {
            country_name: text("Germany"),
            city: text("Altadena"),
            region_name: text("California"),
            latitude: text("34.19310"),
            longitude: text("-118.13830"),
            metro_code: text("803"),
            postal_code: text("91001"),
            time_zone: text("America/Los_Angeles"),
        };
        assert_eq!(locations.describe("192.0.2.1".parse().unwrap()), expected);
        assert_eq!(locations.describe("::1".parse().unwrap()), Described::default());
    }

    #[test]
    fn records_that_are_broken_are_unknown() {
        let (_file, locations) = with(
            "GeoLite2-Country",
            &[
                ("192.0.2.0/24", json!({"country": "DE"})),
                ("198.51.100.0/24", json!({"country": {"iso_code": "not a code"}})),
            ],
        );
        assert_eq!(at(&locations, "192.0.2.1"), None);
        assert_eq!(at(&locations, "198.51.100.1"), None);
    }

    #[test]
    fn a_file_that_is_no_database_is_told() {
        let mut locations = Locations::default();
        assert!(locations.add(Path::new("no/such/file.mmdb")).is_err());
        let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
        assert!(locations.add(&manifest).unwrap_err().contains("not a MaxMind database"));
    }
}
