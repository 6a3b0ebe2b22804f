namespace VhdPS.Tests.Peers;

/// <summary>A test that needs other programs: skipped where one is missing, unless VHDPS_REQUIRE_PEERS is 1.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class PeerFactAttribute : FactAttribute
{
    public PeerFactAttribute(params string[] programs) => Skip = PeerPrograms.FindSkipReason(programs);
}
