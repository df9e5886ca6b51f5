"""What happened in the CRM, and when we knew it. The ground floor: imports nothing of ours."""
