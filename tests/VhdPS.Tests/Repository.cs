using System.Reflection;

namespace VhdPS.Tests;

/// <summary>Places of the checkout that the tests use.</summary>
internal static class Repository
{
    public static readonly string Root = Path.GetFullPath(typeof(Repository).Assembly
        .GetCustomAttributes<AssemblyMetadataAttribute>().Single(attribute => attribute.Key == "RepositoryRoot").Value!);

    /// <summary>Real images of other programs, beside the checkout; null where they are not there.</summary>
    public static readonly string? Samples =
        Path.Combine(Root, "..", "shared", "samples") is var folder && Directory.Exists(folder) ? folder : null;
}
