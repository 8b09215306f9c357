# What an estate declares, in Terraform's own AWS provider. The test applies it,
# expects a second plan to find nothing to do, changes it, and destroys it.

terraform {
  required_providers {
    aws = { source = "hashicorp/aws" }
  }
}

provider "aws" {
  region                  = "us-east-1"
  skip_metadata_api_check = true
  s3_use_path_style       = true
}

variable "role" {
  default = "reader"
}

variable "text" {
  default = "one"
}

locals {
  trust = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Principal = { Service = "ec2.amazonaws.com" }, Action = "sts:AssumeRole" }]
  })
}

resource "aws_iam_role" "role" {
  for_each           = toset(["reader", "writer"])
  name               = each.key
  assume_role_policy = local.trust
  tags               = { text = var.text }
}

resource "aws_iam_role_policy" "connect" {
  name = "connect"
  role = aws_iam_role.role["reader"].id
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "finspace:ConnectKxCluster", Resource = "*" }]
  })
}

resource "aws_iam_policy" "objects" {
  name = "objects"
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "s3:*", Resource = "*" }]
  })
}

resource "aws_iam_role_policy_attachment" "objects" {
  role       = aws_iam_role.role["reader"].name
  policy_arn = aws_iam_policy.objects.arn
}

resource "aws_iam_user" "person" {
  name = "person"
}

resource "aws_iam_access_key" "person" {
  user = aws_iam_user.person.name
}

resource "aws_s3_bucket" "code" {
  bucket        = "code"
  force_destroy = true
}

resource "aws_s3_object" "code" {
  bucket  = aws_s3_bucket.code.id
  key     = "code.zip"
  content = var.text
}

resource "aws_finspace_kx_environment" "env" {
  name        = "trading"
  description = var.text
  kms_key_id  = "arn:aws:kms:us-east-1:123456789012:key/any"
  tags        = { text = var.text }

  custom_dns_configuration {
    custom_dns_server_name = "example.com"
    custom_dns_server_ip   = "10.0.0.1"
  }
  transit_gateway_configuration {
    transit_gateway_id  = "tgw-0123456789abcdef0"
    routable_cidr_space = "100.64.0.0/26"
  }
}

locals {
  env  = aws_finspace_kx_environment.env.id
  zone = aws_finspace_kx_environment.env.availability_zones[0]
}

resource "aws_finspace_kx_user" "bob" {
  name           = "bob"
  environment_id = local.env
  iam_role       = aws_iam_role.role[var.role].arn
  tags           = { text = var.text }
}

resource "aws_finspace_kx_database" "prices" {
  environment_id = local.env
  name           = "prices"
  description    = var.text
}

resource "aws_finspace_kx_scaling_group" "group" {
  environment_id       = local.env
  name                 = "group"
  availability_zone_id = local.zone
  host_type            = "kx.sg.4xlarge"
}

resource "aws_finspace_kx_volume" "volume" {
  environment_id     = local.env
  name               = "volume"
  availability_zones = [local.zone]
  az_mode            = "SINGLE"
  type               = "NAS_1"
  tags               = { text = var.text }

  nas1_configuration {
    type = "SSD_250"
    size = 1200
  }
}

resource "aws_finspace_kx_dataview" "view" {
  environment_id       = local.env
  database_name        = aws_finspace_kx_database.prices.name
  name                 = "view"
  availability_zone_id = local.zone
  az_mode              = "SINGLE"
  auto_update          = true
  description          = "as it was made" # the provider never sends a changed one

  segment_configurations {
    volume_name = aws_finspace_kx_volume.volume.name
    db_paths    = ["/*"]
  }
}
