using VhdPS.Tests.Peers;

namespace VhdPS.Tests.Azure;

/// <summary>A test that needs Azurite and perhaps other programs: skipped where one is missing, unless VHDPS_REQUIRE_PEERS is 1.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class AzuriteFactAttribute : FactAttribute
{
    public AzuriteFactAttribute(params string[] programs) => Skip = AzuriteSkip.Reason(programs);
}

/// <summary>A theory that needs Azurite and perhaps other programs.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class AzuriteTheoryAttribute : TheoryAttribute
{
    public AzuriteTheoryAttribute(params string[] programs) => Skip = AzuriteSkip.Reason(programs);
}

/// <summary>A test that needs Azurite and root.</summary>
[AttributeUsage(AttributeTargets.Method)]
internal sealed class AzuriteRootFactAttribute : FactAttribute
{
    public AzuriteRootFactAttribute(params string[] programs) =>
        Skip = RootFactAttribute.FindSkipReason(programs) ?? AzuriteSkip.Reason(programs);
}

internal static class AzuriteSkip
{
    public static string? Reason(string[] programs) => AzuriteServer.Script is null && !PeerPrograms.AreRequired
        ? "not installed: Azurite"
        : PeerPrograms.FindSkipReason([.. programs, "node"]);
}
