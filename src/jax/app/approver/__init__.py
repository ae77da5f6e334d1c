"""artifact-approver: the promotion gate's command."""
