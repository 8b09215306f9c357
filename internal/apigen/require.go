//go:build require

// This file is never built. Its import keeps the module that ships the model
// in go.mod.
package main

import _ "github.com/aws/aws-sdk-go/aws/awserr"
