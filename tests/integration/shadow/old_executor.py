"""The older executor of a rehearsal: trades every row of its inbox once, at the bridge and in its table.

python old_executor.py DATABASE_URL BRIDGE_URL
"""

import asyncio
import json
import sys

import asyncpg
import httpx

_WAITING = "SELECT * FROM inbox WHERE signal_id NOT IN (SELECT signal_id FROM trades) ORDER BY signal_id"
_TRADED = """
    INSERT INTO trades (signal_id, symbol, direction, entry, stop, targets, risk)
    VALUES ($1, $2, $3, $4, $5, $6, $7)
"""


async def main(database_url: str, bridge_url: str) -> None:
    connection = await asyncpg.connect(database_url)
    async with httpx.AsyncClient(base_url=bridge_url, trust_env=False) as bridge:
        while True:
            for row in await connection.fetch(_WAITING):
                terms = json.loads(row["terms"])
                order = {
                    "symbol": terms["symbol"],
                    "action": terms["direction"],
                    "quantity": int(terms["quantity"]),
                }
                (await bridge.post("/api/v1/orders", json=order)).raise_for_status()
                await connection.execute(
                    _TRADED,
                    row["signal_id"],
                    terms["symbol"],
                    terms["direction"],
                    float(terms["entry_price"]),
                    float(terms["stop_loss"]),
                    json.dumps([terms["take_profit"]]),
                    json.dumps({"quantity": float(terms["quantity"])}),
                )
            await asyncio.sleep(0.05)


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
