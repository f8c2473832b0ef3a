import { rolecallServices } from './actions.ts'

/**
 * Prefixes that AWS's services have in actions, ARNs and condition keys: those people write most. They are no
 * typos, whatever they stand near to.
 *
 * @see AWS Service Authorization Reference
 */
const others = `
  a4b access-analyzer account acm acm-pca aiops airflow amplify aoss apigateway app-integrations appconfig
  appflow application-autoscaling appmesh apprunner appstream appsync aps arc-zonal-shift artifact athena
  auditmanager autoscaling aws-marketplace aws-portal backup batch bedrock billing braket budgets ce chatbot
  chime cloud9 clouddirectory cloudformation cloudfront cloudhsm cloudsearch cloudshell cloudtrail cloudwatch
  codeartifact codebuild codecommit codeconnections codedeploy codeguru-reviewer codepipeline codestar
  codestar-connections cognito-idp cognito-sync comprehend compute-optimizer config connect controltower
  cost-optimization-hub cur databrew dataexchange datapipeline datasync datazone dax deadline detective
  devicefarm devops-guru directconnect discovery dlm dms docdb-elastic drs ds ds-data dynamodb ebs ec2
  ec2-instance-connect ec2messages ecr ecr-public ecs eks eks-auth elasticache elasticbeanstalk
  elasticfilesystem elasticloadbalancing elasticmapreduce elastictranscoder emr-containers emr-serverless es
  events evidently execute-api firehose fis fms forecast frauddetector freetier fsx gamelift geo glacier
  globalaccelerator glue grafana greengrass groundstation guardduty health healthlake iam identity-sync
  identitystore imagebuilder importexport inspector inspector2 internetmonitor invoicing iot iotanalytics
  iotevents iotsitewise iotwireless ivs kafka kafka-cluster kafkaconnect kendra kinesis kinesisanalytics
  kinesisvideo kms lakeformation lambda launchwizard lex license-manager lightsail logs lookoutequipment
  lookoutmetrics lookoutvision m2 machinelearning macie2 managedblockchain mediaconnect mediaconvert medialive
  mediapackage mediastore mediatailor memorydb mgh mgn mobiletargeting mq neptune-db network-firewall
  networkmanager notifications oam observabilityadmin omics opensearch opsworks organizations osis outposts
  panorama payments personalize pi pipes polly pricing proton qapps qbusiness qldb quicksight ram rbin rds
  rds-data rds-db redshift redshift-data redshift-serverless refactor-spaces rekognition resiliencehub
  resource-explorer-2 resource-groups robomaker rolesanywhere route53 route53-recovery-control-config
  route53domains route53resolver rum s3 s3-object-lambda s3-outposts s3express s3tables sagemaker savingsplans
  scheduler schemas sdb secretsmanager securityhub securitylake serverlessrepo servicecatalog servicediscovery
  servicequotas ses shield signer signin simspaceweaver sms sms-voice snowball sns social-messaging sqlworkbench
  sqs ssm ssm-contacts ssm-guiconnect ssm-incidents ssmmessages sso sso-directory sso-oauth states
  storagegateway sts support swf synthetics tag textract timestream tnb transcribe transfer translate
  trustedadvisor user-subscriptions verified-access verifiedpermissions voiceid vpc-lattice vpc-lattice-svcs
  waf waf-regional wafv2 wellarchitected wisdom workdocs workmail workspaces workspaces-web xray`

export const knownServices: ReadonlySet<string> = new Set([
  ...rolecallServices,
  ...others.trim().split(/\s+/),
])

/** A service whose ARNs leave fields empty. */
type Blank = { region?: true; account?: true }

/**
 * Fields that a service's ARNs never fill in, or, for Rolecall's own, always do.
 * @see AWS General Reference, "Amazon Resource Names"
 */
export const blankFields: ReadonlyMap<string, Blank> = new Map<string, Blank>([
  ['iam', { region: true }],
  ['sts', { region: true }],
  ['secretsmanager', {}],
  ['cognito-identity', {}],
  ['s3', { region: true, account: true }],
  ['route53', { region: true, account: true }],
  ['cloudfront', { region: true }],
  ['organizations', { region: true }],
])

/** What a resource's name begins with, in ARNs of Rolecall's services. */
export const resourceTypes: ReadonlyMap<string, readonly string[]> = new Map(
  Object.entries({
    iam: `root user/ role/ group/ policy/ instance-profile/ mfa/ sms-mfa/ oidc-provider/ saml-provider/
      ldap-provider/ guest-provider/ person/ server-certificate/ access-report/ delegation-request/`,
    sts: 'assumed-role/ federated-user/ self',
    secretsmanager: 'secret: database-role:',
    'cognito-identity': 'identitypool/',
  }).map(([service, types]) => [service, types.split(/\s+/)]),
)

/** Services that a statement about a service's actions may name resources of. */
export const resourceServices: ReadonlyMap<string, readonly string[]> = new Map([
  ['iam', ['iam']],
  ['sts', ['sts', 'iam']],
  ['secretsmanager', ['secretsmanager']],
  ['cognito-identity', ['cognito-identity']],
])

/** Actions that act on nothing in particular: their resource is always `*`. In lower case. */
export const actionsWithoutResource: ReadonlySet<string> = new Set(
  `iam:GetAccountSummary iam:GetAccountAuthorizationDetails iam:ListAccountAliases iam:CreateAccountAlias
  iam:DeleteAccountAlias iam:GetAccountPasswordPolicy iam:UpdateAccountPasswordPolicy
  iam:DeleteAccountPasswordPolicy iam:GenerateCredentialReport iam:GetCredentialReport
  iam:ListOpenIDConnectProviders iam:ListSAMLProviders iam:ListVirtualMFADevices iam:SimulateCustomPolicy
  iam:GetContextKeysForCustomPolicy iam:LintPolicy sts:GetCallerIdentity sts:GetSessionToken sts:GetAccessKeyInfo
  sts:DecodeAuthorizationMessage secretsmanager:GetRandomPassword secretsmanager:ListSecrets
  secretsmanager:BatchGetSecretValue secretsmanager:ListDatabaseRoles cognito-identity:CreateIdentityPool cognito-identity:ListIdentityPools
  cognito-identity:GetId cognito-identity:GetCredentialsForIdentity cognito-identity:GetOpenIdToken
  cognito-identity:UnlinkIdentity cognito-identity:DeleteIdentities cognito-identity:DescribeIdentity
  cognito-identity:SetIdentityPoolRoles cognito-identity:SetPrincipalTagAttributeMap`
    .toLowerCase()
    .split(/\s+/),
)
