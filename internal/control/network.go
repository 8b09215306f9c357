package control

import (
	"errors"
	"fmt"
	"net/netip"
	"strconv"

	"github.com/quoinhq/quoin/finspace"
)

// network is how an environment is connected to its owner's network. What is
// asked for is kept and shown; there is no transit gateway to attach.
type network struct {
	TGWStatus finspace.TgwStatus                    `json:"tgwStatus"`
	DNSStatus finspace.DnsStatus                    `json:"dnsStatus"`
	TGW       *finspace.TransitGatewayConfiguration `json:"tgw,omitempty"`
	DNS       []finspace.CustomDNSServer            `json:"dns,omitempty"`
}

// request takes over what an update asks for, if it may be asked for. Rules:
// user guide of the service, manage-environment-network, and Terraform's
// kx_environment.go for the two requests. Errors: ValidationException.
func (n *network) request(in *finspace.UpdateKxEnvironmentNetworkInput) error {
	tgw, dns := in.TransitGatewayConfiguration, in.CustomDNSConfiguration
	switch {
	case tgw == nil && dns == nil:
		return finspace.NewValidationException("Give transitGatewayConfiguration or customDNSConfiguration.")
	case tgw != nil && dns != nil:
		return finspace.NewValidationException("transitGatewayConfiguration and customDNSConfiguration must be given in two requests.")
	case tgw != nil:
		if err := n.checkGateway(tgw); err != nil {
			return err
		}
		n.TGW, n.TGWStatus = tgw, finspace.TgwStatusUpdateRequested
	default:
		if len(dns) > 1 {
			return finspace.NewValidationException("customDNSConfiguration: there can be one DNS server.")
		}
		n.DNS, n.DNSStatus = dns, finspace.DnsStatusUpdateRequested
	}
	return nil
}

// routable is what the addresses of an environment are taken from: the space
// that RFC 6598 sets aside for carriers.
func routable() netip.Prefix { return netip.MustParsePrefix("100.64.0.0/10") }

func (n *network) checkGateway(tgw *finspace.TransitGatewayConfiguration) error {
	if n.TGW != nil && (*n.TGW.TransitGatewayID != *tgw.TransitGatewayID || *n.TGW.RoutableCIDRSpace != *tgw.RoutableCIDRSpace) {
		return finspace.NewValidationException("transitGatewayConfiguration: the transit gateway and its CIDR space cannot be changed once they are set.")
	}
	space, err := netip.ParsePrefix(*tgw.RoutableCIDRSpace)
	if err != nil || space != space.Masked() || space.Bits() != 26 || !routable().Contains(space.Addr()) {
		return finspace.NewValidationException("transitGatewayConfiguration.routableCIDRSpace must be a /26 out of " + routable().String() + ".")
	}
	seen := make(map[int32]bool)
	for i, rule := range tgw.AttachmentNetworkAclConfiguration {
		if err := checkACL(rule); err != nil {
			return finspace.NewValidationException(fmt.Sprintf("transitGatewayConfiguration.attachmentNetworkAclConfiguration.%d: %s.", i+1, err))
		}
		if seen[*rule.RuleNumber] {
			return finspace.NewValidationException(fmt.Sprintf("transitGatewayConfiguration.attachmentNetworkAclConfiguration.%d: rule number %d is taken.", i+1, *rule.RuleNumber))
		}
		seen[*rule.RuleNumber] = true
	}
	return nil
}

func checkACL(rule finspace.NetworkACLEntry) error {
	block, err := netip.ParsePrefix(*rule.CidrBlock)
	if err != nil || block != block.Masked() {
		return fmt.Errorf("cidrBlock %s is not in canonical form", *rule.CidrBlock)
	}
	if p := *rule.Protocol; p != "-1" {
		if n, err := strconv.Atoi(p); err != nil || n > 255 {
			return fmt.Errorf("protocol %s is no protocol number", p)
		}
	}
	if r := rule.PortRange; r != nil && *r.From > *r.To {
		return errors.New("portRange begins after its end")
	}
	return nil
}
