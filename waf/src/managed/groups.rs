//! The groups.

use super::bots;
use super::{ManagedGroup, ManagedRule, Place, Sight};

const fn rule(name: &'static str, label: &'static str, look: Sight, place: Place) -> ManagedRule {
    ManagedRule { name, label, look, place, only_counts: false }
}

const fn counts(rule: ManagedRule) -> ManagedRule {
    ManagedRule { only_counts: true, ..rule }
}

pub(super) const GROUPS: &[ManagedGroup] = &[
    ManagedGroup {
        name: "AWSManagedRulesCommonRuleSet",
        capacity: 700,
        namespace: "core-rule-set",
        rules: COMMON,
    },
    ManagedGroup {
        name: "AWSManagedRulesAdminProtectionRuleSet",
        capacity: 100,
        namespace: "admin-protection",
        rules: ADMIN,
    },
    ManagedGroup {
        name: "AWSManagedRulesKnownBadInputsRuleSet",
        capacity: 200,
        namespace: "known-bad-inputs",
        rules: KNOWN,
    },
    ManagedGroup {
        name: "AWSManagedRulesSQLiRuleSet",
        capacity: 200,
        namespace: "sql-database",
        rules: SQL,
    },
    ManagedGroup {
        name: "AWSManagedRulesLinuxRuleSet",
        capacity: 200,
        namespace: "linux-os",
        rules: LINUX,
    },
    ManagedGroup {
        name: "AWSManagedRulesUnixRuleSet",
        capacity: 100,
        namespace: "posix-os",
        rules: UNIX,
    },
    ManagedGroup {
        name: "AWSManagedRulesWindowsRuleSet",
        capacity: 200,
        namespace: "windows-os",
        rules: WINDOWS,
    },
    ManagedGroup {
        name: "AWSManagedRulesPHPRuleSet",
        capacity: 100,
        namespace: "php-app",
        rules: PHP,
    },
    ManagedGroup {
        name: "AWSManagedRulesAmazonIpReputationList",
        capacity: 25,
        namespace: "amazon-ip-list",
        rules: REPUTATION,
    },
    ManagedGroup {
        name: "AWSManagedRulesAnonymousIpList",
        capacity: 50,
        namespace: "anonymous-ip-list",
        rules: ANONYMOUS,
    },
    ManagedGroup {
        name: "AWSManagedRulesBotControlRuleSet",
        capacity: 50,
        namespace: bots::NAMESPACE,
        rules: bots::RULES,
    },
];

const COMMON: &[ManagedRule] = &[
    rule("NoUserAgent_HEADER", "NoUserAgent_Header", Sight::NoUserAgent, Place::Request),
    rule("UserAgent_BadBots_HEADER", "BadBots_Header", Sight::Scanner, Place::Request),
    rule(
        "SizeRestrictions_QUERYSTRING",
        "SizeRestrictions_QueryString",
        Sight::LargerThan(2_048),
        Place::Query,
    ),
    rule(
        "SizeRestrictions_Cookie_HEADER",
        "SizeRestrictions_Cookie_Header",
        Sight::LargerThan(10_240),
        Place::Cookies,
    ),
    rule("SizeRestrictions_BODY", "SizeRestrictions_Body", Sight::LargerThan(8_192), Place::Body),
    rule(
        "SizeRestrictions_URIPATH",
        "SizeRestrictions_URIPath",
        Sight::LargerThan(1_024),
        Place::Path,
    ),
    rule("EC2MetaDataSSRF_BODY", "EC2MetaDataSSRF_Body", Sight::Metadata, Place::Body),
    rule("EC2MetaDataSSRF_COOKIE", "EC2MetaDataSSRF_Cookie", Sight::Metadata, Place::Cookies),
    rule("EC2MetaDataSSRF_URIPATH", "EC2MetaDataSSRF_URIPath", Sight::Metadata, Place::Path),
    rule(
        "EC2MetaDataSSRF_QUERYARGUMENTS",
        "EC2MetaDataSSRF_QueryArguments",
        Sight::Metadata,
        Place::Query,
    ),
    rule("GenericLFI_QUERYARGUMENTS", "GenericLFI_QueryArguments", Sight::LocalFile, Place::Query),
    rule("GenericLFI_URIPATH", "GenericLFI_URIPath", Sight::LocalFile, Place::Path),
    rule("GenericLFI_BODY", "GenericLFI_Body", Sight::LocalFile, Place::Body),
    rule(
        "RestrictedExtensions_URIPATH",
        "RestrictedExtensions_URIPath",
        Sight::RestrictedExtension,
        Place::Path,
    ),
    rule(
        "RestrictedExtensions_QUERYARGUMENTS",
        "RestrictedExtensions_QueryArguments",
        Sight::RestrictedExtension,
        Place::Query,
    ),
    rule("GenericRFI_QUERYARGUMENTS", "GenericRFI_QueryArguments", Sight::RemoteFile, Place::Query),
    rule("GenericRFI_BODY", "GenericRFI_Body", Sight::RemoteFile, Place::Body),
    rule("GenericRFI_URIPATH", "GenericRFI_URIPath", Sight::RemoteFile, Place::Path),
    rule("CrossSiteScripting_COOKIE", "CrossSiteScripting_Cookie", Sight::Xss, Place::Cookies),
    rule(
        "CrossSiteScripting_QUERYARGUMENTS",
        "CrossSiteScripting_QueryArguments",
        Sight::Xss,
        Place::Query,
    ),
    rule("CrossSiteScripting_BODY", "CrossSiteScripting_Body", Sight::Xss, Place::Body),
    rule("CrossSiteScripting_URIPATH", "CrossSiteScripting_URIPath", Sight::Xss, Place::Path),
    rule("CrossSiteScripting_HEADER", "CrossSiteScripting_Header", Sight::Xss, Place::Headers),
    rule("UnknownCharset_BODY", "UnknownCharset_Body", Sight::UnknownCharset, Place::Body),
];

const ADMIN: &[ManagedRule] = &[rule(
    "AdminProtection_URIPATH",
    "AdminProtection_URIPath",
    Sight::PathHas(
        &[
            "/wp-admin",
            "/phpmyadmin",
            "/sqlmanager",
            "/mysqladmin",
            "/adminer",
            "/manager/html",
            "/webadmin",
            "/cpanel",
            "/server-status",
        ],
        // Words that titles begin with, too.
        &["admin", "administrator"],
    ),
    Place::Path,
)];

const KNOWN: &[ManagedRule] = &[
    rule(
        "JavaDeserializationRCE_HEADER",
        "JavaDeserializationRCE_Header",
        Sight::JavaDeserialization,
        Place::Headers,
    ),
    rule(
        "JavaDeserializationRCE_BODY",
        "JavaDeserializationRCE_Body",
        Sight::JavaDeserialization,
        Place::Body,
    ),
    rule(
        "JavaDeserializationRCE_URIPATH",
        "JavaDeserializationRCE_URIPath",
        Sight::JavaDeserialization,
        Place::Path,
    ),
    rule(
        "JavaDeserializationRCE_QUERYSTRING",
        "JavaDeserializationRCE_QueryString",
        Sight::JavaDeserialization,
        Place::Query,
    ),
    rule("Host_localhost_HEADER", "Host_Localhost_Header", Sight::LocalHost, Place::Request),
    rule("PROPFIND_METHOD", "Propfind_Method", Sight::Method("PROPFIND"), Place::Request),
    rule(
        "ExploitablePaths_URIPATH",
        "ExploitablePaths_URIPath",
        Sight::PathHas(
            &[
                "web-inf",
                "meta-inf",
                "/.git/",
                "/.svn/",
                "/.env",
                "/.aws/",
                "/cgi-bin/.",
                "/vendor/phpunit",
                "/actuator/env",
                "/actuator/heapdump",
                "/solr/admin",
                "/_ignition/",
                "/boaform",
                "/hnap1",
                "/console/css/%",
                "/invoker/",
                "/jmx-console",
                "/wls-wsat",
                "/autodiscover/autodiscover.json",
                "/@fs/",
                "/@id/__x00__",
            ],
            &[],
        ),
        Place::Path,
    ),
    rule("Log4JRCE_HEADER", "Log4JRCE_Header", Sight::Log4j, Place::Headers),
    rule("Log4JRCE_QUERYSTRING", "Log4JRCE_QueryString", Sight::Log4j, Place::Query),
    rule("Log4JRCE_BODY", "Log4JRCE_Body", Sight::Log4j, Place::Body),
    rule("Log4JRCE_URIPATH", "Log4JRCE_URIPath", Sight::Log4j, Place::Path),
    rule("ReactJSRCE_BODY", "ReactJSRCE_Body", Sight::ReactJs, Place::Body),
];

const SQL: &[ManagedRule] = &[
    rule("SQLi_QUERYARGUMENTS", "SQLi_QueryArguments", Sight::Sqli, Place::Query),
    rule(
        "SQLiExtendedPatterns_QUERYARGUMENTS",
        "SQLiExtendedPatterns_QueryArguments",
        Sight::SqliExtended,
        Place::Query,
    ),
    rule("SQLi_BODY", "SQLi_Body", Sight::Sqli, Place::Body),
    rule(
        "SQLiExtendedPatterns_BODY",
        "SQLiExtendedPatterns_Body",
        Sight::SqliExtended,
        Place::Body,
    ),
    rule(
        "SQLiExtendedPatterns_HEADER",
        "SQLiExtendedPatterns_Header",
        Sight::SqliExtended,
        Place::Headers,
    ),
    rule(
        "SQLiExtendedPatterns_URIPATH",
        "SQLiExtendedPatterns_UriPath",
        Sight::SqliExtended,
        Place::Path,
    ),
    rule("SQLi_COOKIE", "SQLi_Cookie", Sight::Sqli, Place::Cookies),
    rule("SQLi_URIPATH", "SQLi_URIPath", Sight::Sqli, Place::Path),
    rule("SQLi_HEADER", "SQLi_Header", Sight::Sqli, Place::Headers),
];

const LINUX: &[ManagedRule] = &[
    rule("LFI_URIPATH", "LFI_URIPath", Sight::LocalFile, Place::Path),
    rule("LFI_QUERYSTRING", "LFI_QueryString", Sight::LocalFile, Place::Query),
    rule("LFI_HEADER", "LFI_Header", Sight::LocalFile, Place::Headers),
];

const UNIX: &[ManagedRule] = &[
    rule(
        "UNIXShellCommandsVariables_QUERYSTRING",
        "UNIXShellCommandsVariables_QueryString",
        Sight::UnixShell,
        Place::Query,
    ),
    rule(
        "UNIXShellCommandsVariables_BODY",
        "UNIXShellCommandsVariables_Body",
        Sight::UnixShell,
        Place::Body,
    ),
    rule(
        "UNIXShellCommandsVariables_HEADER",
        "UNIXShellCommandsVariables_Header",
        Sight::UnixShell,
        Place::Headers,
    ),
    rule(
        "UNIXShellCommandsVariables_URIPATH",
        "UNIXShellCommandsVariables_URIPath",
        Sight::UnixShell,
        Place::Path,
    ),
];

const WINDOWS: &[ManagedRule] = &[
    rule(
        "WindowsShellCommands_HEADER",
        "WindowsShellCommands_Header",
        Sight::WindowsShell,
        Place::Headers,
    ),
    rule(
        "WindowsShellCommands_QUERYARGUMENTS",
        "WindowsShellCommands_QueryArguments",
        Sight::WindowsShell,
        Place::Query,
    ),
    rule(
        "WindowsShellCommands_QUERYSTRING",
        "WindowsShellCommands_QueryString",
        Sight::WindowsShell,
        Place::Query,
    ),
    rule(
        "WindowsShellCommands_URIPATH",
        "WindowsShellCommands_UriPath",
        Sight::WindowsShell,
        Place::Path,
    ),
    rule(
        "WindowsShellCommands_BODY",
        "WindowsShellCommands_Body",
        Sight::WindowsShell,
        Place::Body,
    ),
    rule(
        "PowerShellCommands_COOKIE",
        "PowerShellCommands_Cookie",
        Sight::PowerShell,
        Place::Cookies,
    ),
    rule(
        "PowerShellCommands_QUERYARGUMENTS",
        "PowerShellCommands_QueryArguments",
        Sight::PowerShell,
        Place::Query,
    ),
    rule("PowerShellCommands_BODY", "PowerShellCommands_Body", Sight::PowerShell, Place::Body),
    rule(
        "PowerShellCommands_HEADER",
        "PowerShellCommands_Header",
        Sight::PowerShell,
        Place::Headers,
    ),
    rule(
        "PowerShellCommands_URIPATH",
        "PowerShellCommands_URIPath",
        Sight::PowerShell,
        Place::Path,
    ),
];

const PHP: &[ManagedRule] = &[
    rule(
        "PHPHighRiskMethodsVariables_HEADER",
        "PHPHighRiskMethodsVariables_Header",
        Sight::Php,
        Place::Headers,
    ),
    rule(
        "PHPHighRiskMethodsVariables_QUERYSTRING",
        "PHPHighRiskMethodsVariables_QueryString",
        Sight::Php,
        Place::Query,
    ),
    rule(
        "PHPHighRiskMethodsVariables_BODY",
        "PHPHighRiskMethodsVariables_Body",
        Sight::Php,
        Place::Body,
    ),
    rule(
        "PHPHighRiskMethodsVariables_URIPATH",
        "PHPHighRiskMethodsVariables_URIPath",
        Sight::Php,
        Place::Path,
    ),
];

const REPUTATION: &[ManagedRule] = &[
    rule(
        "AWSManagedIPReputationList",
        "AWSManagedIPReputationList",
        Sight::Addresses("AWSManagedIPReputationList"),
        Place::Request,
    ),
    rule(
        "AWSManagedReconnaissanceList",
        "AWSManagedReconnaissanceList",
        Sight::Addresses("AWSManagedReconnaissanceList"),
        Place::Request,
    ),
    counts(rule(
        "AWSManagedIPDDoSList",
        "AWSManagedIPDDoSList",
        Sight::Addresses("AWSManagedIPDDoSList"),
        Place::Request,
    )),
];

const ANONYMOUS: &[ManagedRule] = &[
    rule("AnonymousIPList", "AnonymousIPList", Sight::Addresses("AnonymousIPList"), Place::Request),
    rule(
        "HostingProviderIPList",
        "HostingProviderIPList",
        Sight::Addresses("HostingProviderIPList"),
        Place::Request,
    ),
];
