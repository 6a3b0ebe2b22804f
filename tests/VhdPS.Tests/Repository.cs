using System.Reflection;

namespace VhdPS.Tests;

/// <summary>Places of the checkout that the tests use.</summary>
internal static class Repository
{
    public static readonly string Root = Path.GetFullPath(typeof(Repository).Assembly
        .GetCustomAttributes<AssemblyMetadataAttribute>().Single(attribute => attribute.Key == "RepositoryRoot").Value!);

    /// <summary>The staged module, as a user imports it.</summary>
    public static readonly string Module = Path.Combine(Root, "out", "VhdPS", "VhdPS.psd1");

    /// <summary>Real images of other programs, beside the checkout; null where they are not there.</summary>
    public static readonly string? Samples =
        Path.Combine(Root, "..", "shared", "samples") is var folder && Directory.Exists(folder) ? folder : null;
}
