package iam_test

import (
	"testing"

	"parley/infra/iam"
)

const stack = `
Resources:
  RoleA:
    Type: AWS::IAM::Role
    Properties:
      Policies:
        - PolicyName: needs
          PolicyDocument:
            Statement:
              - Sid: WriteCore
                Effect: Allow
                Action: ["dynamodb:PutItem", "dynamodb:UpdateItem"]
                Resource: !Sub arn:${AWS::Partition}:dynamodb:${AWS::Region}:${AWS::AccountId}:table/${TableCore}
                Condition: {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["*#U#*", "APPS"]}}
              - Sid: ListPart
                Effect: Allow
                Action: ["s3:ListBucket"]
                Resource: !Sub arn:${AWS::Partition}:s3:::${BucketArchive}
                Condition: {"StringLike": {"s3:prefix": "part/*"}}
              - Sid: Open
                Effect: Allow
                Action: ["kms:Decrypt"]
                Resource: !Ref SealKey
                Condition: {"Null": {"kms:EncryptionContext:parley": "false"}}
              - Fn::If:
                  - SealedByParameter
                  - {Sid: Seal, Effect: Allow, Action: ["ssm:GetParameter"], Resource: !Sub "arn:${AWS::Partition}:ssm:${AWS::Region}:${AWS::AccountId}:parameter${SealParameter}"}
                  - {Sid: Seal, Effect: Allow, Action: ["kms:Encrypt"], Resource: !Ref SealKey}
              - Fn::If: [Traced, {Sid: Trace, Effect: Allow, Action: ["xray:PutTraceSegments"], Resource: "*"}, !Ref AWS::NoValue]
`

// TestAllows checks the conditions that the stacks use: partition keys, the prefix of a
// listing, and the encryption context.
func TestAllows(t *testing.T) {
	policies, err := iam.Read([]byte(stack))
	if err != nil {
		t.Fatal(err)
	}
	core, bucket := iam.Table("TableCore", ""), iam.Bucket("BucketArchive", "")
	for _, test := range []struct {
		request iam.Request
		want    bool
	}{
		{iam.Request{Action: "dynamodb:PutItem", Resource: core, Keys: []string{"5#U#alice"}}, true},
		{iam.Request{Action: "dynamodb:PutItem", Resource: core, Keys: []string{"5#U#alice", "APPS"}}, true},
		{iam.Request{Action: "dynamodb:PutItem", Resource: core, Keys: []string{"5#U#alice", "5#A"}}, false},
		{iam.Request{Action: "dynamodb:PutItem", Resource: core, Keys: []string{"APPS2"}}, false},
		{iam.Request{Action: "dynamodb:DeleteItem", Resource: core, Keys: []string{"5#U#alice"}}, false},
		{iam.Request{Action: "dynamodb:PutItem", Resource: iam.Table("TableMsg", ""), Keys: []string{"5#U#alice"}}, false},
		{iam.Request{Action: "dynamodb:PutItem", Resource: iam.Table("TableCore", "newest"), Keys: []string{"5#U#alice"}}, false},
		{iam.Request{Action: "s3:ListBucket", Resource: bucket, Prefix: "part/5/", HasPrefix: true}, true},
		{iam.Request{Action: "s3:ListBucket", Resource: bucket, Prefix: "file/5/", HasPrefix: true}, false},
		{iam.Request{Action: "s3:ListBucket", Resource: bucket}, false},
		{iam.Request{Action: "kms:Decrypt", Resource: "SealKey", Sealed: true}, true},
		{iam.Request{Action: "kms:Decrypt", Resource: "SealKey"}, false},
		{iam.Request{Action: "kms:Encrypt", Resource: "SealKey"}, true},
		{iam.Request{Action: "ssm:GetParameter", Resource: iam.Parameter("SealParameter")}, true},
		{iam.Request{Action: "ssm:GetParameter", Resource: iam.Parameter("/other")}, false},
		{iam.Request{Action: "xray:PutTraceSegments", Resource: "*"}, false},
	} {
		if got := policies["RoleA"].Allows(test.request); got != test.want {
			t.Errorf("%+v: got %v, want %v", test.request, got, test.want)
		}
	}
}

// TestLoad checks that every operation of the repository's stacks has a role.
func TestLoad(t *testing.T) {
	policies, err := iam.Load("../stacks")
	if err != nil {
		t.Fatal(err)
	}
	if len(policies) < 100 {
		t.Errorf("got %d operations", len(policies))
	}
}
