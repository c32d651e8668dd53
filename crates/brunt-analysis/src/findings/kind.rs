//! The kinds of findings, and which of them are other views of which.

use serde::Deserialize;

/// What a finding is about. Closed: a team's own rules are all [`Kind::Rule`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Kind {
    GeneratorLimited,
    RateLimit,
    CpuBound,
    PoolLimit,
    SerialSection,
    Saturation,
    NotRecovered,
    Recovery,
    ErrorBurst,
    ErrorOnset,
    FailingEndpoint,
    SteadyErrors,
    ColdStart,
    Drift,
    ChangePoint,
    PeriodicStall,
    ConnectionChurn,
    DnsCost,
    NetworkConstant,
    CacheEffect,
    TwoPopulations,
    PayloadEffect,
    UnevenBalancing,
    HotEndpoint,
    LongTail,
    ResourceDriver,
    Anomaly,
    #[serde(skip)]
    Rule,
}

use Kind as K;

impl Kind {
    /// Every kind, in the order in which they are documented.
    pub(crate) const ALL: [Self; 28] = [
        K::GeneratorLimited,
        K::RateLimit,
        K::CpuBound,
        K::PoolLimit,
        K::SerialSection,
        K::Saturation,
        K::NotRecovered,
        K::Recovery,
        K::ErrorBurst,
        K::ErrorOnset,
        K::FailingEndpoint,
        K::SteadyErrors,
        K::ColdStart,
        K::Drift,
        K::ChangePoint,
        K::PeriodicStall,
        K::ConnectionChurn,
        K::DnsCost,
        K::NetworkConstant,
        K::CacheEffect,
        K::TwoPopulations,
        K::PayloadEffect,
        K::UnevenBalancing,
        K::HotEndpoint,
        K::LongTail,
        K::ResourceDriver,
        K::Anomaly,
        K::Rule,
    ];

    /// The stable name; as the rules file has it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            K::GeneratorLimited => "generator-limited",
            K::RateLimit => "rate-limit",
            K::CpuBound => "cpu-bound",
            K::PoolLimit => "pool-limit",
            K::SerialSection => "serial-section",
            K::Saturation => "saturation",
            K::NotRecovered => "not-recovered",
            K::Recovery => "recovery",
            K::ErrorBurst => "error-burst",
            K::ErrorOnset => "error-onset",
            K::FailingEndpoint => "failing-endpoint",
            K::SteadyErrors => "steady-errors",
            K::ColdStart => "cold-start",
            K::Drift => "drift",
            K::ChangePoint => "change-point",
            K::PeriodicStall => "periodic-stall",
            K::ConnectionChurn => "connection-churn",
            K::DnsCost => "dns-cost",
            K::NetworkConstant => "network-constant",
            K::CacheEffect => "cache-effect",
            K::TwoPopulations => "two-populations",
            K::PayloadEffect => "payload-effect",
            K::UnevenBalancing => "uneven-balancing",
            K::HotEndpoint => "hot-endpoint",
            K::LongTail => "long-tail",
            K::ResourceDriver => "resource-driver",
            K::Anomaly => "anomaly",
            K::Rule => "rule",
        }
    }

    /// Of which kinds this one is a consequence or a coarser view: found beside one of them, it stands below.
    pub(crate) const fn explained_by(self) -> &'static [Self] {
        match self {
            K::GeneratorLimited | K::RateLimit | K::CpuBound | K::FailingEndpoint | K::ConnectionChurn => &[],
            K::PoolLimit | K::SerialSection => &[K::CpuBound, K::NotRecovered],
            K::Saturation => &[K::CpuBound, K::PoolLimit, K::SerialSection, K::RateLimit, K::NotRecovered],
            K::NotRecovered => &[K::ChangePoint],
            K::Recovery => &[K::NotRecovered, K::ErrorBurst],
            K::ErrorBurst => &[K::RateLimit, K::ErrorOnset],
            K::ErrorOnset => &[K::RateLimit],
            K::SteadyErrors => &[K::RateLimit, K::ErrorOnset, K::FailingEndpoint, K::ErrorBurst],
            K::ColdStart => &[K::CacheEffect],
            K::Drift => &[K::ColdStart, K::Saturation, K::NotRecovered],
            K::ChangePoint => {
                &[K::ColdStart, K::Drift, K::Saturation, K::ErrorBurst, K::CacheEffect, K::Recovery]
            }
            K::PeriodicStall => &[],
            K::DnsCost => &[],
            K::NetworkConstant => &[K::PeriodicStall],
            K::CacheEffect => &[],
            K::TwoPopulations => {
                &[K::NetworkConstant, K::CacheEffect, K::PeriodicStall, K::ChangePoint, K::Recovery]
            }
            K::PayloadEffect | K::UnevenBalancing => &[],
            K::HotEndpoint => &[K::Saturation],
            K::LongTail => &[
                K::Saturation,
                K::NotRecovered,
                K::Recovery,
                K::ErrorBurst,
                K::ColdStart,
                K::Drift,
                K::ChangePoint,
                K::PeriodicStall,
                K::NetworkConstant,
                K::CacheEffect,
                K::TwoPopulations,
                K::HotEndpoint,
                K::PayloadEffect,
            ],
            K::ResourceDriver => &[K::CpuBound],
            K::Anomaly => &[
                K::GeneratorLimited,
                K::RateLimit,
                K::Saturation,
                K::NotRecovered,
                K::Recovery,
                K::ErrorBurst,
                K::ErrorOnset,
                K::ColdStart,
                K::Drift,
                K::ChangePoint,
                K::PeriodicStall,
                K::CacheEffect,
                K::LongTail,
                K::NetworkConstant,
                K::PayloadEffect,
            ],
            // A rule states a symptom: whatever else was found explains it.
            K::Rule => &Self::ALL,
        }
    }
}
