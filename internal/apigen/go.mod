module github.com/quoinhq/quoin/internal/apigen

go 1.26.0

require github.com/aws/aws-sdk-go v1.55.8
