package stacks

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"go.yaml.in/yaml/v3"
)

// rights are the actions with which CloudFormation makes, changes and deletes a resource of
// each type, in the name of the person who deploys.
func rights() map[string][]string {
	api := []string{"apigateway:POST", "apigateway:PATCH", "apigateway:DELETE", "apigateway:GET"}
	return map[string][]string{
		"AWS::ApiGatewayV2::Api": api, "AWS::ApiGatewayV2::ApiMapping": api, "AWS::ApiGatewayV2::Authorizer": api,
		"AWS::ApiGatewayV2::DomainName":  append(api, createsServiceRole),
		"AWS::ApiGatewayV2::Integration": append(api, "iam:PassRole"), "AWS::ApiGatewayV2::IntegrationResponse": api,
		"AWS::ApiGatewayV2::Route": api, "AWS::ApiGatewayV2::RouteResponse": api,
		"AWS::ApiGatewayV2::Stage":       append(api, "logs:CreateLogDelivery", "logs:PutResourcePolicy"),
		"AWS::Budgets::Budget":           {"budgets:ModifyBudget", "budgets:ViewBudget"},
		"AWS::CloudWatch::Alarm":         {"cloudwatch:PutMetricAlarm", "cloudwatch:DeleteAlarms", "cloudwatch:DescribeAlarms"},
		"AWS::CloudWatch::Dashboard":     {"cloudwatch:PutDashboard", "cloudwatch:DeleteDashboards", "cloudwatch:GetDashboard"},
		"AWS::DynamoDB::Table":           {"dynamodb:CreateTable", "dynamodb:UpdateTable", "dynamodb:DeleteTable", "dynamodb:DescribeTable", "dynamodb:UpdateTimeToLive", "dynamodb:UpdateContinuousBackups"},
		"AWS::IAM::Role":                 {"iam:CreateRole", "iam:PutRolePolicy", "iam:DeleteRolePolicy", "iam:DeleteRole", "iam:GetRole", "iam:TagRole", "iam:PutRolePermissionsBoundary"},
		"AWS::KMS::Alias":                {"kms:CreateAlias", "kms:DeleteAlias"},
		"AWS::KMS::Key":                  {"kms:CreateKey", "kms:EnableKeyRotation", "kms:PutKeyPolicy", "kms:ScheduleKeyDeletion", "kms:DescribeKey", "kms:TagResource", createsServiceRole},
		"AWS::Logs::LogGroup":            {"logs:CreateLogGroup", "logs:PutRetentionPolicy", "logs:DeleteLogGroup", "logs:DescribeLogGroups"},
		"AWS::Logs::MetricFilter":        {"logs:PutMetricFilter", "logs:DeleteMetricFilter", "logs:DescribeMetricFilters"},
		"AWS::S3::Bucket":                {"s3:CreateBucket", "s3:PutBucketPublicAccessBlock", "s3:PutBucketOwnershipControls", "s3:PutEncryptionConfiguration", "s3:PutLifecycleConfiguration", "s3:PutBucketTagging", "s3:DeleteBucket", "s3:DeleteObjectVersion"},
		"AWS::S3::BucketPolicy":          {"s3:PutBucketPolicy", "s3:DeleteBucketPolicy", "s3:GetBucketPolicy"},
		"AWS::SQS::Queue":                {"sqs:CreateQueue", "sqs:SetQueueAttributes", "sqs:DeleteQueue", "sqs:GetQueueAttributes", "sqs:TagQueue"},
		"AWS::SSM::Parameter":            {"ssm:PutParameter", "ssm:GetParameters", "ssm:DeleteParameter"},
		"AWS::Serverless::Application":   {"cloudformation:CreateStack", "cloudformation:UpdateStack", "cloudformation:DeleteStack", "cloudformation:DescribeStacks"},
		"AWS::Serverless::Function":      {"lambda:CreateFunction", "lambda:UpdateFunctionCode", "lambda:UpdateFunctionConfiguration", "lambda:DeleteFunction", "lambda:GetFunction", "lambda:PutFunctionRecursionConfig", "iam:PassRole"},
		"an event source of a function":  {"lambda:CreateEventSourceMapping", "lambda:UpdateEventSourceMapping", "lambda:DeleteEventSourceMapping"},
		"a schedule of a function":       {"events:PutRule", "events:PutTargets", "events:RemoveTargets", "events:DeleteRule", "lambda:AddPermission", "lambda:RemovePermission"},
		"make sync, redrive and restore": {"lambda:UpdateFunctionCode", "sqs:StartMessageMoveTask", "sqs:ReceiveMessage", "dynamodb:RestoreTableToPointInTime"},
		"make app and smoke":             {"execute-api:Invoke"},
	}
}

const createsServiceRole = "iam:CreateServiceLinkedRole"

// servicesWithRoles are the services that make a role of their own with the first resource of a type
// in an AWS account. Sources: "Using service-linked roles" of the API Gateway guide, and "Authorizing
// AWS KMS to synchronize multi-Region keys" of the KMS guide; the seal key is such a key.
func servicesWithRoles() map[string]string {
	return map[string]string{"AWS::ApiGatewayV2::DomainName": "ops.apigateway.amazonaws.com", "AWS::KMS::Key": "mrk.kms.amazonaws.com"}
}

// oneOrMore returns the texts of a field of a policy that has one text or a list.
func oneOrMore(field any) (texts []string) {
	list, ok := field.([]any)
	if !ok {
		list = []any{field}
	}
	for _, text := range list {
		texts = append(texts, text.(string))
	}
	return texts
}

// TestDeployerPolicy checks that the policy for a person who deploys allows what each type of
// resource of the stacks needs, and that IAM takes it.
func TestDeployerPolicy(t *testing.T) {
	text, err := os.ReadFile(root + "/docs/operations/deployer-policy.json")
	if err != nil {
		t.Fatal(err)
	}
	var compact bytes.Buffer
	if err := json.Compact(&compact, text); err != nil || compact.Len() > 6144 {
		t.Errorf("%v, %d characters without spaces, and a managed policy has 6,144 at most", err, compact.Len())
	}
	var policy struct {
		Statement []struct {
			Sid              string
			Action, Resource any
		}
	}
	if err := json.Unmarshal(text, &policy); err != nil {
		t.Fatal(err)
	}
	var allowed, serviceRoles []string
	for _, s := range policy.Statement {
		allowed = append(allowed, oneOrMore(s.Action)...)
		if s.Action == createsServiceRole {
			serviceRoles = oneOrMore(s.Resource)
		}
	}
	for kind, service := range servicesWithRoles() {
		if !slices.Contains(serviceRoles, "arn:aws:iam::*:role/aws-service-role/"+service+"/*") {
			t.Errorf("%s needs %s of %s, which the policy does not allow", kind, createsServiceRole, service)
		}
	}
	for kind, actions := range rights() {
		for _, action := range actions {
			if !slices.ContainsFunc(allowed, func(pattern string) bool { ok, _ := filepath.Match(pattern, action); return ok }) {
				t.Errorf("%s needs %s, which the policy does not allow", kind, action)
			}
		}
	}
	files, err := filepath.Glob(root + "/" + Dir + "/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	known := rights()
	for _, file := range append(files, root+"/template.yaml") {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var doc struct {
			Resources map[string]struct {
				Type string `yaml:"Type"`
			} `yaml:"Resources"`
		}
		if err := yaml.Unmarshal(text, &doc); err != nil {
			t.Fatal(err)
		}
		for id, r := range doc.Resources {
			if known[r.Type] == nil {
				t.Errorf("%s: %s has the type %s: say which rights it needs", file, id, r.Type)
			}
		}
	}
}
