package control

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/quoinhq/quoin/finspace"
	"github.com/quoinhq/quoin/internal/store"
)

var environments = store.Table[environment]{Kind: KindEnvironment}

// environment is what everything else lives in.
type environment struct {
	ID          string                     `json:"id"`
	Name        string                     `json:"name"`
	Description string                     `json:"description,omitempty"`
	KMSKey      string                     `json:"kmsKey"`
	Status      finspace.EnvironmentStatus `json:"status"`
	Message     string                     `json:"message,omitempty"`
	Network     network                    `json:"network"`
	Created     time.Time                  `json:"created"`
	Updated     time.Time                  `json:"updated"`
}

// deletedLife is how long a deleted environment can still be seen as DELETED.
const deletedLife = 24 * time.Hour

func (e *environment) gone() bool { return e.Status == finspace.EnvironmentStatusDeleted }

// findEnvironment reads an environment that is not deleted. Errors:
// ResourceNotFoundException.
func findEnvironment(tx store.Tx, id string) (*environment, error) {
	e, err := environments.Get(tx, id)
	if errors.Is(err, store.ErrNotFound) || err == nil && e.gone() {
		return nil, noEnvironment(id)
	}
	return e, err
}

// usableEnvironment makes sure that the environment's children can be made and
// changed. Errors: ResourceNotFoundException; ConflictException while it is
// not in status CREATED.
func (s *Service) usableEnvironment(tx store.Tx, id string) error {
	e, err := environments.Peek(tx, id)
	switch {
	case errors.Is(err, store.ErrNotFound) || err == nil && e.gone():
		return noEnvironment(id)
	case err != nil:
		return err
	case e.Status != finspace.EnvironmentStatusCreated:
		return environmentBusy(e)
	}
	return nil
}

func noEnvironment(id string) error {
	return finspace.NewResourceNotFoundException("There is no environment " + id + ".")
}

func environmentBusy(e *environment) error {
	return finspace.NewConflictException(
		fmt.Sprintf("The environment %s is in status %s.", e.ID, e.Status), "ENVIRONMENT_"+string(e.Status))
}

// CreateKxEnvironment implements [api.Service].
func (s *Service) CreateKxEnvironment(ctx context.Context, in *finspace.CreateKxEnvironmentInput) (*finspace.CreateKxEnvironmentOutput, error) {
	return change(ctx, s, "CreateKxEnvironment", in, in.ClientToken, func(tx store.Tx) (*finspace.CreateKxEnvironmentOutput, error) {
		n, err := s.freeEnvironmentName(tx, *in.Name, "")
		if err != nil {
			return nil, err
		}
		// Two errors for this are declared; only this operation has this one.
		if n >= s.Quotas.Of(QuotaEnvironments) {
			return nil, finspace.NewServiceQuotaExceededException(s.exceeded(QuotaEnvironments))
		}
		now := tx.Now()
		e := &environment{
			ID: newID(), Name: *in.Name, Description: finspace.Value(in.Description), KMSKey: *in.KmsKeyId,
			Status:  finspace.EnvironmentStatusCreateRequested,
			Network: network{TGWStatus: finspace.TgwStatusNone, DNSStatus: finspace.DnsStatusNone},
			Created: now, Updated: now,
		}
		if err := environments.Put(tx, e.ID, e); err != nil {
			return nil, err
		}
		if err := s.putTags(tx, s.ARNs.Environment(e.ID), in.Tags); err != nil {
			return nil, err
		}
		return &finspace.CreateKxEnvironmentOutput{
			Name: &e.Name, Status: e.Status, EnvironmentId: &e.ID, Description: orNil(e.Description),
			EnvironmentArn: ptr(s.ARNs.Environment(e.ID)), KmsKeyId: &e.KMSKey, CreationTimestamp: millis(e.Created),
		}, nil
	})
}

// freeEnvironmentName makes sure that no other environment has the name, and
// counts the environments there are. Errors: ConflictException.
func (s *Service) freeEnvironmentName(tx store.Tx, name, self string) (n int, err error) {
	for e, err := range environments.List(tx, store.Query{}) {
		if err != nil {
			return 0, err
		}
		if e.Rec.gone() {
			continue
		}
		if e.Rec.Name == name && e.Rec.ID != self {
			return 0, finspace.NewConflictException("There already is an environment called "+name+".", "NAME_TAKEN")
		}
		n++
	}
	return n, nil
}

// GetKxEnvironment implements [api.Service]. A deleted environment can be seen
// for a while.
func (s *Service) GetKxEnvironment(ctx context.Context, in *finspace.GetKxEnvironmentInput) (*finspace.GetKxEnvironmentOutput, error) {
	return view(ctx, s, func(tx store.Tx) (*finspace.GetKxEnvironmentOutput, error) {
		e, err := environments.Get(tx, *in.EnvironmentId)
		if errors.Is(err, store.ErrNotFound) {
			return nil, noEnvironment(*in.EnvironmentId)
		}
		if err != nil {
			return nil, err
		}
		out := finspace.GetKxEnvironmentOutput(s.describeEnvironment(e))
		return &out, nil
	})
}

// ListKxEnvironments implements [api.Service]. Deleted environments are not in
// the list.
func (s *Service) ListKxEnvironments(ctx context.Context, in *finspace.ListKxEnvironmentsInput) (*finspace.ListKxEnvironmentsOutput, error) {
	return view(ctx, s, func(tx store.Tx) (*finspace.ListKxEnvironmentsOutput, error) {
		found, next, err := page(s, tx, listing[environment]{
			operation: "ListKxEnvironments", table: environments, maxResults: in.MaxResults, nextToken: in.NextToken,
			keep: func(e *environment) bool { return !e.gone() },
		})
		if err != nil {
			return nil, err
		}
		out := &finspace.ListKxEnvironmentsOutput{NextToken: next, Environments: make([]finspace.KxEnvironment, 0, len(found))}
		for _, f := range found {
			out.Environments = append(out.Environments, s.describeEnvironment(f.Rec))
		}
		return out, nil
	})
}

// UpdateKxEnvironment implements [api.Service]: name and description.
func (s *Service) UpdateKxEnvironment(ctx context.Context, in *finspace.UpdateKxEnvironmentInput) (*finspace.UpdateKxEnvironmentOutput, error) {
	return change(ctx, s, "UpdateKxEnvironment", in, in.ClientToken, func(tx store.Tx) (*finspace.UpdateKxEnvironmentOutput, error) {
		e, err := findEnvironment(tx, *in.EnvironmentId)
		if err != nil {
			return nil, err
		}
		if e.Status != finspace.EnvironmentStatusCreated {
			return nil, environmentBusy(e)
		}
		if in.Name != nil {
			if _, err := s.freeEnvironmentName(tx, *in.Name, e.ID); err != nil {
				return nil, err
			}
			e.Name = *in.Name
		}
		if in.Description != nil {
			e.Description = *in.Description
		}
		e.Updated = tx.Now()
		if err := environments.Put(tx, e.ID, e); err != nil {
			return nil, err
		}
		out := s.updatedEnvironment(e)
		return &out, nil
	})
}

// UpdateKxEnvironmentNetwork implements [api.Service].
func (s *Service) UpdateKxEnvironmentNetwork(ctx context.Context, in *finspace.UpdateKxEnvironmentNetworkInput) (*finspace.UpdateKxEnvironmentNetworkOutput, error) {
	return change(ctx, s, "UpdateKxEnvironmentNetwork", in, in.ClientToken, func(tx store.Tx) (*finspace.UpdateKxEnvironmentNetworkOutput, error) {
		e, err := findEnvironment(tx, *in.EnvironmentId)
		if err != nil {
			return nil, err
		}
		if e.Status != finspace.EnvironmentStatusCreated && e.Status != finspace.EnvironmentStatusFailedUpdatingNetwork {
			return nil, environmentBusy(e)
		}
		if err := e.Network.request(in); err != nil {
			return nil, err
		}
		e.Status, e.Updated = finspace.EnvironmentStatusUpdateNetworkRequested, tx.Now()
		if err := environments.Put(tx, e.ID, e); err != nil {
			return nil, err
		}
		out := finspace.UpdateKxEnvironmentNetworkOutput(s.updatedEnvironment(e))
		return &out, nil
	})
}

// DeleteKxEnvironment implements [api.Service]. Everything in the environment
// is deleted with it.
func (s *Service) DeleteKxEnvironment(ctx context.Context, in *finspace.DeleteKxEnvironmentInput) (*finspace.DeleteKxEnvironmentOutput, error) {
	return change(ctx, s, "DeleteKxEnvironment", in, in.ClientToken, func(tx store.Tx) (*finspace.DeleteKxEnvironmentOutput, error) {
		e, err := environments.Get(tx, *in.EnvironmentId)
		switch {
		case errors.Is(err, store.ErrNotFound):
			return nil, noEnvironment(*in.EnvironmentId)
		case err != nil:
			return nil, err
		case e.gone():
			// Terraform looks for these words: hashicorp/terraform-provider-aws,
			// internal/service/finspace/kx_environment.go.
			return nil, finspace.NewValidationException("The Environment is in DELETED state")
		case e.Status == finspace.EnvironmentStatusDeleteRequested, e.Status == finspace.EnvironmentStatusDeleting:
			return nil, environmentBusy(e)
		}
		e.Status, e.Updated = finspace.EnvironmentStatusDeleteRequested, tx.Now()
		return &finspace.DeleteKxEnvironmentOutput{}, environments.Put(tx, e.ID, e)
	})
}

func (s *Service) describeEnvironment(e *environment) finspace.KxEnvironment {
	dedicated := dedicatedAccount(e.ID, s.ARNs.Account)
	return finspace.KxEnvironment{
		Name: &e.Name, EnvironmentId: &e.ID, AwsAccountId: &s.ARNs.Account,
		Status: e.Status, TgwStatus: e.Network.TGWStatus, DnsStatus: e.Network.DNSStatus,
		ErrorMessage: orNil(e.Message), Description: orNil(e.Description),
		EnvironmentArn: ptr(s.ARNs.Environment(e.ID)), KmsKeyId: &e.KMSKey,
		DedicatedServiceAccountId:   &dedicated,
		TransitGatewayConfiguration: e.Network.TGW, CustomDNSConfiguration: e.Network.DNS,
		CreationTimestamp: millis(e.Created), UpdateTimestamp: millis(e.Updated),
		AvailabilityZoneIds:     availabilityZones(s.ARNs.Region),
		CertificateAuthorityArn: ptr(certificateAuthority(s.ARNs.Region, dedicated, e.ID)),
	}
}

func (s *Service) updatedEnvironment(e *environment) finspace.UpdateKxEnvironmentOutput {
	d := s.describeEnvironment(e)
	return finspace.UpdateKxEnvironmentOutput{
		Name: d.Name, EnvironmentId: d.EnvironmentId, AwsAccountId: d.AwsAccountId, Status: d.Status,
		TgwStatus: d.TgwStatus, DnsStatus: d.DnsStatus, ErrorMessage: d.ErrorMessage, Description: d.Description,
		EnvironmentArn: d.EnvironmentArn, KmsKeyId: d.KmsKeyId, DedicatedServiceAccountId: d.DedicatedServiceAccountId,
		TransitGatewayConfiguration: d.TransitGatewayConfiguration, CustomDNSConfiguration: d.CustomDNSConfiguration,
		CreationTimestamp: d.CreationTimestamp, UpdateTimestamp: d.UpdateTimestamp, AvailabilityZoneIds: d.AvailabilityZoneIds,
	}
}

// dedicatedAccount is the account that an environment's machines would run
// under: twelve digits that go with the environment and are not the owner's.
func dedicatedAccount(env, owner string) string {
	sum := sha256.Sum256([]byte("dedicated account\x00" + env))
	n := binary.BigEndian.Uint64(sum[:]) % 900_000_000_000
	id := fmt.Sprintf("%012d", n+100_000_000_000)
	if id == owner {
		return fmt.Sprintf("%012d", (n+1)%900_000_000_000+100_000_000_000)
	}
	return id
}

// certificateAuthority names the authority that signs for the environment.
func certificateAuthority(region, account, env string) string {
	sum := sha256.Sum256([]byte("certificate authority\x00" + env))
	return fmt.Sprintf("arn:aws:acm-pca:%s:%s:certificate-authority/%x-%x-%x-%x-%x",
		region, account, sum[:4], sum[4:6], sum[6:8], sum[8:10], sum[10:16])
}

// availabilityZones are the three zones of an environment, by the ids that
// AWS gives zones: use1-az1 in us-east-1, apne1-az1 in ap-northeast-1.
func availabilityZones(region string) []string {
	parts := strings.Split(region, "-")
	short := parts[0]
	for _, word := range parts[1:] {
		switch word {
		case "northeast", "northwest", "southeast", "southwest":
			short += word[:1] + word[5:6]
		default:
			short += word[:1]
		}
	}
	zones := make([]string, 3)
	for i := range zones {
		zones[i] = fmt.Sprintf("%s-az%d", short, i+1)
	}
	return zones
}
