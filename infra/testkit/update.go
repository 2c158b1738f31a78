package testkit

import (
	"strings"

	"parley/shared/dynamo"
	"parley/shared/dynamo/calls"
)

// SetBy returns the attributes that an update sets to values of the call, by their stored
// names. It leaves out what the update copies from other attributes, and members of maps.
func SetBy(in *calls.UpdateItemInput) dynamo.Item {
	set := dynamo.Item{}
	clause, _, _ := strings.Cut(strings.TrimPrefix(*in.UpdateExpression, "SET "), " REMOVE ")
	for assignment := range strings.SplitSeq(clause, ", ") {
		name, value, _ := strings.Cut(assignment, " = ")
		if v, ok := in.ExpressionAttributeValues[strings.Fields(value + " -")[0]]; ok && in.ExpressionAttributeNames[name] != "" {
			set[in.ExpressionAttributeNames[name]] = v
		}
	}
	return set
}
