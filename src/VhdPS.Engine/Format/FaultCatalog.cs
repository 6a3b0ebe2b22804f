using System.Reflection;

namespace VhdPS.Engine.Format;

/// <summary>Looks up the facts about a fault.</summary>
public static class FaultCatalog
{
    private static readonly FaultAttribute[] Facts = Load();

    /// <summary>Severity and effect of <paramref name="code"/>.</summary>
    public static FaultAttribute Of(FaultCode code) => Facts[(int)code];

    private static FaultAttribute[] Load() =>
        [.. Enum.GetNames<FaultCode>().Select(name => typeof(FaultCode).GetField(name)!.GetCustomAttribute<FaultAttribute>()!)];
}
