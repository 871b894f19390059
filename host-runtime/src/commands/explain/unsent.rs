//! What curl's command line says besides what is sent, for lines that are pasted: it changes nothing here.

use clap::Args;

/// What becomes of an answer, and how long and by which way it is waited for.
#[derive(Debug, Default, Args)]
pub(super) struct Unsent {
    #[arg(short = 's', long, hide = true)]
    silent: bool,
    #[arg(short = 'S', long, hide = true)]
    show_error: bool,
    #[arg(short = 'i', long, alias = "show-headers", hide = true)]
    include: bool,
    #[arg(short = 'k', long, hide = true)]
    insecure: bool,
    #[arg(short = 'v', long, hide = true)]
    verbose: bool,
    #[arg(short = 'f', long, hide = true)]
    fail: bool,
    #[arg(long, hide = true)]
    fail_with_body: bool,
    #[arg(short = 'N', long, hide = true)]
    no_buffer: bool,
    #[arg(short = '#', long, hide = true)]
    progress_bar: bool,
    #[arg(long, hide = true)]
    no_progress_meter: bool,
    #[arg(short = 'O', long, hide = true)]
    remote_name: bool,
    #[arg(short = 'o', long, hide = true, value_name = "FILE")]
    output: Option<String>,
    #[arg(short = 'D', long, hide = true, value_name = "FILE")]
    dump_header: Option<String>,
    #[arg(short = 'w', long, hide = true, value_name = "FORMAT")]
    write_out: Option<String>,
    #[arg(short = 'm', long, hide = true, value_name = "SECONDS")]
    max_time: Option<String>,
    #[arg(long, hide = true, value_name = "SECONDS")]
    connect_timeout: Option<String>,
    #[arg(long, hide = true, value_name = "N")]
    retry: Option<String>,
    #[arg(long, hide = true, value_name = "FILE")]
    cacert: Option<String>,
    #[arg(long, hide = true, value_name = "FILE")]
    key: Option<String>,
    #[arg(long, hide = true, value_name = "HOST:PORT:ADDRESS")]
    resolve: Vec<String>,
    #[arg(long, hide = true, value_name = "HOST1:PORT1:HOST2:PORT2")]
    connect_to: Vec<String>,
    #[arg(short = '4', long, hide = true)]
    ipv4: bool,
    #[arg(short = '6', long, hide = true)]
    ipv6: bool,
    #[arg(short = 'g', long, hide = true)]
    globoff: bool,
    /// As requests come here
    #[arg(long = "http1.1", hide = true)]
    http_1_1: bool,
    /// Paths go as they are written
    #[arg(long, hide = true)]
    path_as_is: bool,
    /// One request is explained: where its answer redirects to is another
    #[arg(short = 'L', long, hide = true)]
    location: bool,
}
