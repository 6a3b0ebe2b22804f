namespace VhdPS.Tests.Peers;

/// <summary>A theory that needs other programs: skipped where one is missing, unless VHDPS_REQUIRE_PEERS is 1.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class PeerTheoryAttribute : TheoryAttribute
{
    public PeerTheoryAttribute(params string[] programs) => Skip = PeerPrograms.FindSkipReason(programs);
}
