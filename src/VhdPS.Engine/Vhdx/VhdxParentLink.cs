using System.Text;
using VhdPS.Engine.Chains;
using VhdPS.Engine.Format;

namespace VhdPS.Engine.Vhdx;

/// <summary>What a child stores so that its parent is found.</summary>
internal static class VhdxParentLink
{
    /// <summary>
    /// A locator with the parent's id, its path from the child's folder where it can be named so, and on Windows its full path.
    /// </summary>
    /// <param name="childPath">Where the child will be.</param>
    /// <param name="parentPath">The parent.</param>
    /// <param name="dataWriteGuid">The parent's DataWriteGuid.</param>
    public static VhdxParentLocator Between(string childPath, string parentPath, Guid dataWriteGuid)
    {
        var paths = new List<KeyValuePair<string, string>>();
        foreach ((ParentLocatorCode code, byte[] data) in ParentLink.Between(childPath, parentPath).Texts)
        {
            if (code == ParentLocatorCode.W2ru)
            {
                paths.Add(new(VhdxParentLocator.RelativePathKey, Encoding.Unicode.GetString(data)));
            }
            else if (code == ParentLocatorCode.W2ku && OperatingSystem.IsWindows())
            {
                paths.Add(new(VhdxParentLocator.AbsolutePathKey, Extended(Encoding.Unicode.GetString(data))));
            }
        }

        return VhdxParentLocator.Create(dataWriteGuid, paths);
    }

    /// <summary>A full path of Windows in the form that Hyper-V stores, which has no limit of 260 characters.</summary>
    private static string Extended(string path) =>
        path.StartsWith(@"\\?\", StringComparison.Ordinal) ? path
        : path.StartsWith(@"\\", StringComparison.Ordinal) ? @"\\?\UNC" + path[1..]
        : @"\\?\" + path;
}
