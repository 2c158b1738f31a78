package testkit

import (
	"context"
	"strconv"
	"strings"

	"parley/shared/domain/delivery"
	"parley/shared/domain/profiles"
)

func profileVerbs() []verb {
	return []verb{
		{"profile", "profile USER FIELD=VALUE", "Set a field of the user's profile. \".WORD=VALUE\" sets a custom field.", setProfileField},
	}
}

func setProfileField(ctx context.Context, l seedLine) error {
	name, value, _ := strings.Cut(l.arg(1), "=")
	c := profiles.Mutation{Fields: map[profiles.Name]any{}, Custom: map[string]string{}}
	switch word, custom := strings.CutPrefix(name, "."); {
	case custom:
		c.Custom[word] = value
	case profiles.Name(name).Number():
		n, err := strconv.ParseInt(value, 10, 64)
		if err != nil {
			return err
		}
		c.Fields[profiles.Name(name)] = n
	default:
		c.Fields[profiles.Name(name)] = value
	}
	return l.tenant.Profiles.Set(ctx, l.arg(0), c, true, delivery.Origin{})
}
