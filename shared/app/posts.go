package app

import (
	"errors"

	"github.com/aws/aws-sdk-go-v2/aws"

	"parley/shared/config"
	"parley/shared/domain/delivery"
)

func posts(config.Config, aws.Config) (delivery.Poster, error) {
	return nil, errors.New("posts come with shared/gateway")
}
