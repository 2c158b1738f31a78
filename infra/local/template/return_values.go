package template

import (
	"path/filepath"
	"strings"
)

// returnValue returns what Ref (attribute "") or Fn::GetAtt gives for a resource. For
// a resource that the local cloud does not have, such as a role, it is a text that
// contains the logical id and is the same each time.
func (s *stack) returnValue(r resource, attribute string) (any, error) {
	arn := func(service, rest string) string {
		return "arn:aws:" + service + ":" + s.loader.Region + ":" + Account + ":" + rest
	}
	switch {
	case r.kind == "AWS::DynamoDB::Table":
		name, err := s.physicalName(r, "TableName")
		switch attribute {
		case "":
			return name, err
		case "Arn":
			return arn("dynamodb", "table/"+name), err
		case "StreamArn":
			return arn("dynamodb", "table/"+name+"/stream/local"), err
		}
	case r.kind == "AWS::SQS::Queue":
		name, err := s.physicalName(r, "QueueName")
		switch attribute {
		case "", "QueueUrl":
			return strings.TrimSuffix(s.loader.SQS, "/") + "/" + Account + "/" + name, err
		case "Arn":
			return arn("sqs", name), err
		case "QueueName":
			return name, err
		}
	case r.kind == "AWS::S3::Bucket":
		name, err := s.physicalName(r, "BucketName")
		name = strings.ToLower(name) // CloudFormation generates bucket names in lower case
		switch attribute {
		case "":
			return name, err
		case "Arn":
			return "arn:aws:s3:::" + name, err
		}
	case isFunction(r.kind):
		name, err := s.physicalName(r, "FunctionName")
		if attribute == "" {
			return name, err
		}
		if attribute == "Arn" {
			return arn("lambda", "function:"+name), err
		}
	case isAPI(r.kind):
		switch attribute {
		case "", "ApiId":
			return apiID(s, r.id), nil
		case "ApiEndpoint":
			if s.isWebSocket(r) {
				return strings.Replace(s.loader.WebSocket, "http", "ws", 1), nil
			}
			return s.loader.HTTP, nil
		}
	case r.kind == "AWS::KMS::Key" && (attribute == "" || attribute == "Arn" || attribute == "KeyId"):
		return "file:" + s.keyFile(), nil
	case r.kind == "AWS::ApiGatewayV2::Stage" && attribute == "":
		return s.property(r, "StageName", "$default")
	case r.kind == "AWS::IAM::Role" && attribute == "Arn":
		return "arn:aws:iam::" + Account + ":role/" + s.generatedName(r.id), nil
	case attribute == "":
		return s.generatedName(r.id), nil
	case attribute == "Arn":
		return arn("local", s.generatedName(r.id)), nil
	default:
		return s.generatedName(r.id) + "." + attribute, nil
	}
	return nil, s.fail(r.id, "the local cloud has no attribute %s of %s; add it to infra/local/template/return_values.go", attribute, r.kind)
}

func (s *stack) keyFile() string { return filepath.Join(s.loader.State, "seal.key") }

// generatedName returns the name that CloudFormation would generate for a resource,
// without the random suffix. If id is "", it is the name of the stack.
func (s *stack) generatedName(id string) string {
	name := s.loader.StackName
	if s.path != "" {
		name += "-" + strings.ReplaceAll(s.path, "/", "-")
	}
	if id == "" {
		return name
	}
	return name + "-" + id
}

// physicalName returns the name that the given property says, or a generated one.
func (s *stack) physicalName(r resource, property string) (string, error) {
	name, err := s.property(r, property, "")
	if name != "" || err != nil {
		return name, err
	}
	name = s.generatedName(r.id)
	if r.kind == "AWS::SQS::Queue" && text(r.properties["FifoQueue"]) == "true" {
		name += ".fifo"
	}
	return name, nil
}

// property returns the text of one property. If it is missing or empty, it returns
// fallback.
func (s *stack) property(r resource, name, fallback string) (string, error) {
	raw, ok := r.properties[name]
	if !ok {
		return fallback, nil
	}
	value, err := s.withoutCycle(r.id+"."+name, r.id, func() (any, error) { return s.eval(r.id, raw) })
	if err != nil {
		return "", err
	}
	if text(value) == "" {
		return fallback, nil
	}
	return text(value), nil
}

func isFunction(kind string) bool {
	return kind == "AWS::Serverless::Function" || kind == "AWS::Lambda::Function"
}

func isAPI(kind string) bool {
	return kind == "AWS::ApiGatewayV2::Api" || kind == "AWS::Serverless::HttpApi"
}

// isWebSocket reports whether an API is a WebSocket API. ProtocolType must be a
// literal, because this is called before properties are evaluated.
func (s *stack) isWebSocket(r resource) bool {
	return text(r.properties["ProtocolType"]) == "WEBSOCKET"
}

// apiID returns an id that looks like those of API Gateway: lower case letters and
// digits.
func apiID(s *stack, logical string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, strings.ToLower(s.path+logical))
}
