//! Actions of services, and how a service is asked for one.
//!
//! Which protocol a service speaks, by which `X-Amz-Target` and in which version, is in the models that AWS publishes
//! with its SDKs (`protocol`, `targetPrefix`, `jsonVersion`, `apiVersion`). Where it speaks AWS JSON and the query
//! protocol alike (Amazon SQS, CloudWatch), the latter is what API Gateway was recorded with.

use alloc::string::String;

/// An action of a service, and how the service is asked for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Action {
    pub(crate) name: String,
    /// The query protocol's `Version`.
    pub(crate) version: Option<&'static str>,
    /// AWS JSON: what stands before the name in `X-Amz-Target`, and the version of the protocol.
    pub(crate) json: Option<(&'static str, &'static str)>,
    /// Whether the URI's own query says the `Version`.
    pub(crate) names_version: bool,
}

impl Action {
    /// Of a service as integration URIs name it (`dynamodb`, `streams.dynamodb`), with what follows its name in the URI.
    pub(super) fn new(service: &str, name: &str, rest: &str) -> Self {
        let json = [(JSON_1_1, "1.1"), (JSON_1_0, "1.0")];
        let target = |(table, version)| Some((find(table, service)?, version));
        Self {
            name: name.into(),
            version: find(VERSIONS, service),
            json: json.into_iter().find_map(target),
            names_version: rest.split(['&', '?']).any(|piece| piece.starts_with("Version=")),
        }
    }

    /// Whether the service speaks a protocol that has actions. Others have paths.
    pub(crate) fn is_known(&self) -> bool {
        self.version.is_some() || self.json.is_some()
    }
}

/// Whether a service speaks a protocol of methods and paths alone.
pub(super) fn has_none(service: &str) -> bool {
    REST.split_ascii_whitespace().any(|name| name == service)
}

/// What a table has for a service.
fn find(table: &'static str, service: &str) -> Option<&'static str> {
    let mut lines = table.lines().filter_map(|line| line.split_once(' '));
    lines.find(|(name, _)| *name == service).map(|(_, value)| value)
}

/// Services that speak AWS JSON 1.1, with what stands before an action's name in `X-Amz-Target`.
const JSON_1_1: &str = "\
acm CertificateManager
acm-pca ACMPrivateCA
api.ecr AmazonEC2ContainerRegistry_V20150921
api.ecr-public SpencerFrontendService
api.pricing AWSPriceListService
api.sagemaker SageMaker
api.tunneling.iot IoTSecuredTunneling
application-autoscaling AnyScaleFrontendService
applicationinsights EC2WindowsBarleyService
appstream2 PhotonAdminProxyService
athena AmazonAthena
autoscaling-plans AnyScaleScalingPlannerFrontendService
bcm-data-exports AWSBillingAndCostManagementDataExports
bedrock-data-automation-runtime AmazonBedrockKeystoneRuntimeService
budgets AWSBudgetServiceGateway
ce AWSInsightsIndexService
cloud9 AWSCloud9WorkspaceManagementService
cloudhsm CloudHsmFrontendService
cloudhsmv2 BaldrApiService
cloudtrail com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101
codebuild CodeBuild_20161006
codecommit CodeCommit_20150413
codedeploy CodeDeploy_20141006
codepipeline CodePipeline_20150709
cognito-identity AWSCognitoIdentityService
cognito-idp AWSCognitoIdentityProviderService
comprehend Comprehend_20171127
comprehendmedical ComprehendMedical_20181030
config StarlingDoveService
cur AWSOrigamiServiceGatewayService
datapipeline DataPipeline
datasync FmrsService
dax AmazonDAXV3
devicefarm DeviceFarm_20150623
directconnect OvertureService
discovery AWSPoseidonService_V2015_11_01
dms AmazonDMSv20160101
ds DirectoryService_20150416
ec2-instance-connect AWSEC2InstanceConnectService
ecr AmazonEC2ContainerRegistry_V20150921
ecs AmazonEC2ContainerServiceV20141113
elasticmapreduce ElasticMapReduce
entitlement.marketplace AWSMPEntitlementService
events AWSEvents
firehose Firehose_20150804
fms AWSFMS_20180101
forecast AmazonForecast
forecastquery AmazonForecastRuntime
frauddetector AWSHawksNestServiceFacade
fsx AWSSimbaAPIService_v20180301
gamelift GameLift
globalaccelerator GlobalAccelerator_V20180706
glue AWSGlue
health AWSHealth_20160804
identitystore AWSIdentityStore
inspector InspectorService
iotthingsgraph IotThingsGraphFrontEndService
kendra AWSKendraFrontendService
kinesis Kinesis_20131202
kinesisanalytics KinesisAnalytics_20150814
kms TrentService
license-manager AWSLicenseManager
lightsail Lightsail_20161128
logs Logs_20140328
machinelearning AmazonML_20141212
marketplacecommerceanalytics MarketplaceCommerceAnalytics20150701
mediastore MediaStore_20170901
memory-db AmazonMemoryDB
metering.marketplace AWSMPMeteringService
mgh AWSMigrationHub
migrationhub-config AWSMigrationHubMultiAccountService
mturk-requester MTurkRequesterServiceV20170117
organizations AWSOrganizationsV20161128
personalize AmazonPersonalize
pi PerformanceInsightsv20180227
redshift-data RedshiftData
redshift-serverless RedshiftServerless
rekognition RekognitionService
route53domains Route53Domains_v20140515
route53resolver Route53Resolver
sagemaker SageMaker
secretsmanager secretsmanager
servicecatalog AWS242ServiceCatalogService
servicediscovery Route53AutoNaming_v20170314
servicequotas ServiceQuotasV20190624
shield AWSShield_20160616
snowball AWSIESnowballJobManagementService
ssm AmazonSSM
ssm-contacts SSMContacts
sso SWBExternalService
storagegateway StorageGateway_20130630
support AWSSupport_20130415
tagging ResourceGroupsTaggingAPI_20170126
textract Textract
transcribe Transcribe
transfer TransferService
translate AWSShineFrontendService_20170701
waf AWSWAF_20150824
waf-regional AWSWAF_Regional_20161128
wafv2 AWSWAF_20190729
workmail WorkMailService
workspaces WorkspacesService";

/// Services that speak AWS JSON 1.0.
const JSON_1_0: &str = "\
aco-automation ComputeOptimizerAutomationService
agreement-marketplace AWSMPCommerceService_v20200301
airflow-serverless AmazonMWAAServerless
aoss OpenSearchServerless
apprunner AppRunner
arc-region-switch ArcRegionSwitch
b2bi B2BI
backup-gateway BackupOnPremises_v20210101
bcm-dashboards AWSBCMDashboardsService
bcm-pricing-calculator AWSBCMPricingCalculator
bcm-recommended-actions AWSBillingAndCostManagementRecommendedActions
billing AWSBilling
cassandra KeyspacesService
cassandra-streams KeyspacesStreams
cloudcontrolapi CloudApiService
codeconnections com.amazonaws.codeconnections.CodeConnections_20231201
codestar-connections com.amazonaws.codestar.connections.CodeStar_connections_20191201
compute-optimizer ComputeOptimizerService
controlplane.payment-cryptography PaymentCryptographyControlPlane
cost-optimization-hub CostOptimizationHubService
dynamodb DynamoDB_20120810
evs AmazonElasticVMwareService
freetier AWSFreeTierService
healthlake HealthLake
ingest.timestream Timestream_20181101
interconnect Interconnect
invoicing Invoicing
iotfleetwise IoTAutobahnControlPlane
kendra-ranking AWSKendraRerankingFrontendService
lookoutequipment AWSLookoutEquipmentFrontendService
mail-manager MailManagerSvc
network-firewall NetworkFirewall_20201112
odb Odb
osm OpenSearchMemory
partnercentral-account PartnerCentralAccount
partnercentral-benefits PartnerCentralBenefitsService
partnercentral-channel PartnerCentralChannel
partnercentral-selling AWSPartnerCentralSelling
pcs AWSParallelComputingService
proton AwsProton20200720
query.timestream Timestream_20181101
route53-recovery-cluster ToggleCustomerAPI
sms-voice PinpointSMSVoiceV2
states AWSStepFunctions
streams.dynamodb DynamoDBStreams_20120810
swf SimpleWorkflowService
timestream-influxdb AmazonTimestreamInfluxDB
verifiedpermissions VerifiedPermissions
voiceid VoiceID
workspaces-instances EUCMIFrontendAPIService";

/// Services that speak the query protocol, with its `Version`.
const VERSIONS: &str = "\
autoscaling 2011-01-01
cloudformation 2010-05-15
cloudsearch 2013-01-01
ec2 2016-11-15
elasticache 2015-02-02
elasticbeanstalk 2010-12-01
elasticloadbalancing 2015-12-01
email 2010-12-01
iam 2010-05-08
importexport 2010-06-01
monitoring 2010-08-01
rds 2014-10-31
redshift 2012-12-01
sdb 2009-04-15
sns 2010-03-31
sqs 2012-11-05
sts 2011-06-15";

/// Services that speak REST-JSON or REST-XML and nothing besides: those that are integrated with most.
const REST: &str = "\
access-analyzer amplify apigateway appconfig appconfigdata appmesh appsync backup batch bedrock bedrock-agent \
bedrock-agent-runtime bedrock-runtime cloudfront codeartifact connect data.iot databrew datazone dlm eks \
elasticfilesystem emr-containers emr-serverless es execute-api fis geo glacier grafana greengrass guardduty inspector2 iot \
iotdata iotevents iotsitewise ivs kafka kinesisvideo lakeformation lambda macie2 managedblockchain mediaconvert \
medialive mediapackage models.lex models-v2-lex mq participant.connect personalize-events personalize-runtime pinpoint \
pipes polly profile quicksight ram rds-data resource-groups route53 runtime.lex runtime.sagemaker runtime-v2-lex s3 \
s3-control s3tables s3vectors scheduler schemas securityhub serverlessrepo servicecatalog-appregistry signer \
ssm-incidents synthetics wellarchitected wisdom workdocs xray";

#[cfg(test)]
mod tests {
    use alloc::collections::BTreeSet;
    use alloc::vec::Vec;

    use super::*;

    #[test]
    fn a_service_is_asked_by_the_protocol_that_it_speaks() {
        for (service, version, json) in [
            ("dynamodb", None, Some(("DynamoDB_20120810", "1.0"))),
            ("streams.dynamodb", None, Some(("DynamoDBStreams_20120810", "1.0"))),
            ("wafv2", None, Some(("AWSWAF_20190729", "1.1"))),
            (
                "cloudtrail",
                None,
                Some(("com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101", "1.1")),
            ),
            ("sdb", Some("2009-04-15"), None),
            ("sqs", Some("2012-11-05"), None),
            ("lambda", None, None),
            ("", None, None),
        ] {
            let action = Action::new(service, "Do", "");
            assert_eq!((action.version, action.json), (version, json), "{service}");
            assert_eq!(action.is_known(), version.is_some() || json.is_some());
        }
    }

    #[test]
    fn tables_are_in_order_and_have_each_service_once() {
        let names = |table: &'static str| table.lines().map(|line| line.split_once(' ').unwrap().0);
        let tables = [JSON_1_1, JSON_1_0, VERSIONS];
        for table in tables {
            assert!(names(table).collect::<Vec<_>>().is_sorted());
        }
        let all = tables.into_iter().flat_map(names);
        assert_eq!(all.clone().collect::<BTreeSet<_>>().len(), all.clone().count());
        assert!(all.clone().all(|name| !has_none(name)), "a service of two tables");
    }
}
