"""THE INDICATORS of results: what was sold, what of it was collected, who the customers are and what they say."""

from __future__ import annotations

from indicators.billing import BILLING
from indicators.customers import CUSTOMERS
from indicators.sales import SALES

RESULTS = (*SALES, *BILLING, *CUSTOMERS)
