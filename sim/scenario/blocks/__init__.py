"""The blocks of parameters, one file each."""

from sim.scenario.blocks.ai import AI
from sim.scenario.blocks.behaviour import Behaviour
from sim.scenario.blocks.bitcoin import Bitcoin
from sim.scenario.blocks.finance import Finance
from sim.scenario.blocks.measures import Measure
from sim.scenario.blocks.policy import Policy
from sim.scenario.blocks.power import Power
from sim.scenario.blocks.rigs import Rigs
from sim.scenario.blocks.shocks import Shock
from sim.scenario.blocks.world import World

__all__ = ["AI", "Behaviour", "Bitcoin", "Finance", "Measure", "Policy", "Power", "Rigs", "Shock", "World"]
