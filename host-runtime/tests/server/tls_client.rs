//! Clients over TLS, with or without certificates of their own, and hosts for them.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;

use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::{PrivatePkcs8KeyDer, ServerName};
use tokio_rustls::rustls::{
    ClientConfig, ClientConnection, RootCertStore, StreamOwned, SupportedProtocolVersion, version,
};

use crate::kit::*;
use crate::tls_endpoint::*;

pub(crate) type Versions = &'static [&'static SupportedProtocolVersion];
pub(crate) static BOTH_VERSIONS: Versions = &[&version::TLS13, &version::TLS12];
pub(crate) static ONLY_13: Versions = &[&version::TLS13];
pub(crate) static ONLY_12: Versions = &[&version::TLS12];

/// How a client connects.
#[derive(Clone)]
pub(crate) struct Hello<'a> {
    /// Who vouches for the host.
    pub(crate) authority: &'a Authority,
    pub(crate) server_name: &'a str,
    /// SNI; without it the host does not know what name was meant.
    pub(crate) says_name: bool,
    pub(crate) identity: Option<&'a Identity>,
    pub(crate) protocols: &'a [&'a str],
    pub(crate) versions: Versions,
}

impl<'a> Hello<'a> {
    pub(crate) fn to(authority: &'a Authority, server_name: &'a str) -> Self {
        Self {
            authority,
            server_name,
            says_name: true,
            identity: None,
            protocols: &["http/1.1"],
            versions: BOTH_VERSIONS,
        }
    }
    pub(crate) fn with(self, identity: &'a Identity) -> Self {
        Self { identity: Some(identity), ..self }
    }

    pub(crate) fn config(&self) -> Arc<ClientConfig> {
        let mut roots = RootCertStore::empty();
        roots.add(self.authority.der()).unwrap();
        let provider = Arc::new(aws_lc_rs::default_provider());
        let builder = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(self.versions)
            .unwrap()
            .with_root_certificates(roots);
        let mut config = match self.identity {
            Some(identity) => {
                let key = PrivatePkcs8KeyDer::from(identity.key.serialize_der()).into();
                builder.with_client_auth_cert(identity.chain.clone(), key).unwrap()
            }
            None => builder.with_no_client_auth(),
        };
        config.enable_sni = self.says_name;
        config.alpn_protocols = self.protocols.iter().map(|p| p.as_bytes().to_vec()).collect();
        Arc::new(config)
    }

    /// A connection, or why there is none.
    pub(crate) fn connect(&self, address: SocketAddr) -> io::Result<TlsClient> {
        let name = ServerName::try_from(self.server_name.to_owned()).unwrap();
        let connection = ClientConnection::new(self.config(), name).unwrap();
        let socket = TcpStream::connect(address)?;
        socket.set_read_timeout(Some(PATIENCE))?;
        let mut stream = StreamOwned::new(connection, socket);
        while stream.conn.is_handshaking() {
            stream.conn.complete_io(&mut stream.sock)?;
        }
        Ok(TlsClient(stream))
    }

    /// One request and its answer, or why there is none: in TLS 1.3 a client learns only with the
    /// answer that it was refused.
    pub(crate) fn get(&self, address: SocketAddr, host: &str, path: &str) -> io::Result<Answered> {
        self.connect(address)?.get(host, path)
    }
}

/// A connection.
pub(crate) struct TlsClient(pub(crate) StreamOwned<ClientConnection, TcpStream>);

#[derive(Debug, PartialEq)]
pub(crate) struct Answered {
    pub(crate) status: u16,
    pub(crate) text: String,
}

impl TlsClient {
    pub(crate) fn get(&mut self, host: &str, path: &str) -> io::Result<Answered> {
        self.send(&format!("GET {path} HTTP/1.1\r\nHost: {host}\r\n\r\n"))?;
        self.answer()
    }
    pub(crate) fn send(&mut self, text: &str) -> io::Result<()> {
        self.0.write_all(text.as_bytes())?;
        self.0.flush()
    }
    pub(crate) fn answer(&mut self) -> io::Result<Answered> {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            self.0.read_exact(&mut byte)?;
            head.push(byte[0]);
        }
        let head = String::from_utf8(head).unwrap();
        let mut content = vec![0; content_length(&head)];
        self.0.read_exact(&mut content)?;
        let status = head[9..12].parse().unwrap();
        Ok(Answered { status, text: String::from_utf8(content).unwrap() })
    }
    /// The certificate that the host has shown.
    pub(crate) fn shown(&self) -> &[u8] {
        &self.0.conn.peer_certificates().unwrap()[0]
    }
}

/// A host with these listeners and domain names. `/who` tells who the client is, over what.
pub(crate) fn serve_tls(folder: Folder, listen: &str, domain_names: &str) -> Served {
    let config = configure(&folder, listen, domain_names);
    Served::start_configured(folder, config, 2)
}

pub(crate) fn configure(folder: &Folder, listen: &str, domain_names: &str) -> std::path::PathBuf {
    let who = "$!context.identity.clientCert.subjectDN|$!context.identity.clientCert.issuerDN|$!context.tlsVersion|$!context.cipherSuite";
    folder.write(
        "api.yaml",
        &format!(
            r#"
openapi: 3.0.1
info: {{title: t, version: "1"}}
paths:
  /who:
    get:
      responses: {{"200": {{description: d}}}}
      x-amazon-apigateway-integration:
        type: mock
        requestTemplates: {{application/json: '{{"statusCode": 200}}'}}
        responses: {{default: {{statusCode: "200", responseTemplates: {{application/json: '{who}'}}}}}}
"#
        ),
    );
    folder.write(
        "edgeway.yaml",
        &format!(
            "listen: {listen}
domainNames:
{domain_names}
apis:
  - id: a
    protocol: REST
    definition: api.yaml
    stages: [{{stageName: prod}}]
"
        ),
    )
}

/// A domain name of the API with the certificate in `NAME.pem`, and more keys.
pub(crate) fn domain(name: &str, file: &str, more: &str) -> String {
    format!(
        "  - domainName: '{name}'
    basePathMappings: [{{restApiId: a, stage: prod}}]
    certificate: {{chain: {file}.pem, privateKey: {file}.key}}
{more}"
    )
}

impl Folder {
    /// Writes a certificate and its key, for nobody else to read.
    pub(crate) fn write_identity(&self, file: &str, identity: &Identity) {
        use std::os::unix::fs::PermissionsExt;
        let (chain, key) = identity.pem();
        self.write(&format!("{file}.pem"), &chain);
        let key = self.write(&format!("{file}.key"), &key);
        std::fs::set_permissions(key, PermissionsExt::from_mode(0o600)).unwrap();
    }
}

/// What building this configuration tells, errors and warnings.
pub(crate) fn told(config: std::path::PathBuf) -> String {
    let diagnostics = match host_runtime::snapshot::Origin::Config(config).build() {
        Ok(built) => built.warnings,
        Err(refused) => refused.diagnostics,
    };
    diagnostics.iter().map(|line| format!("{line}\n")).collect()
}
