package template

import (
	"path/filepath"
	"strings"
)

// identity answers Ref (attribute "") and GetAtt of a resource. What has no
// local part gets a value that is stable and says whose it is.
func (s *stack) identity(r resource, attribute string) (any, error) {
	arn := func(service, rest string) string {
		return "arn:aws:" + service + ":" + s.load.Region + ":" + Account + ":" + rest
	}
	switch {
	case r.kind == "AWS::DynamoDB::Table":
		name, err := s.named(r, "TableName")
		switch attribute {
		case "":
			return name, err
		case "Arn":
			return arn("dynamodb", "table/"+name), err
		case "StreamArn":
			return arn("dynamodb", "table/"+name+"/stream/local"), err
		}
	case r.kind == "AWS::SQS::Queue":
		name, err := s.named(r, "QueueName")
		switch attribute {
		case "", "QueueUrl":
			return strings.TrimSuffix(s.load.SQS, "/") + "/" + Account + "/" + name, err
		case "Arn":
			return arn("sqs", name), err
		case "QueueName":
			return name, err
		}
	case r.kind == "AWS::S3::Bucket":
		name, err := s.named(r, "BucketName")
		name = strings.ToLower(name) // as CloudFormation invents it
		switch attribute {
		case "":
			return name, err
		case "Arn":
			return "arn:aws:s3:::" + name, err
		}
	case isFunction(r.kind):
		name, err := s.named(r, "FunctionName")
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
			if s.socket(r) {
				return strings.Replace(s.load.WebSocket, "http", "ws", 1), nil
			}
			return s.load.HTTP, nil
		}
	case r.kind == "AWS::KMS::Key" && (attribute == "" || attribute == "Arn" || attribute == "KeyId"):
		return "file:" + s.keyFile(), nil
	case r.kind == "AWS::ApiGatewayV2::Stage" && attribute == "":
		return s.word(r, "StageName", "$default")
	case r.kind == "AWS::IAM::Role" && attribute == "Arn":
		return "arn:aws:iam::" + Account + ":role/" + s.physical(r.id), nil
	case attribute == "":
		return s.physical(r.id), nil
	case attribute == "Arn":
		return arn("local", s.physical(r.id)), nil
	default:
		return s.physical(r.id) + "." + attribute, nil
	}
	return nil, s.fail(r.id, "the local cloud has no attribute %s of %s; add it to infra/local/template/identity.go", attribute, r.kind)
}

func (s *stack) keyFile() string { return filepath.Join(s.load.State, "seal.key") }

// physical is the name that CloudFormation would invent, without its suffix.
func (s *stack) physical(id string) string {
	name := s.load.StackName
	if s.path != "" {
		name += "-" + strings.ReplaceAll(s.path, "/", "-")
	}
	if id == "" {
		return name
	}
	return name + "-" + id
}

func (s *stack) named(r resource, property string) (string, error) {
	name, err := s.word(r, property, "")
	if name != "" || err != nil {
		return name, err
	}
	name = s.physical(r.id)
	if r.kind == "AWS::SQS::Queue" && text(r.properties["FifoQueue"]) == "true" {
		name += ".fifo"
	}
	return name, nil
}

func (s *stack) word(r resource, property, fallback string) (string, error) {
	given, ok := r.properties[property]
	if !ok {
		return fallback, nil
	}
	value, err := s.once(r.id+"."+property, r.id, func() (any, error) { return s.eval(r.id, given) })
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

// socket is read before anything is evaluated, so ProtocolType is a literal.
func (s *stack) socket(r resource) bool {
	return text(r.properties["ProtocolType"]) == "WEBSOCKET"
}

// apiID makes an id as API Gateway's are: lower case letters and digits.
func apiID(s *stack, logical string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, strings.ToLower(s.path+logical))
}
